"""A small network: one hidden layer of tanh units, in JAX. Its weights are one flat vector."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
from scipy.optimize import minimize

INPUTS, HIDDEN = 4, 8
WEIGHTS = HIDDEN * (INPUTS + 2) + 1


def predict(w, X):
    """What the network with weights ``w`` (49,) answers to ``X`` (n, 4): (n,)."""
    first, shift, last = jnp.split(w[:-1], [HIDDEN * INPUTS, HIDDEN * (INPUTS + 1)])
    return jnp.tanh(X @ first.reshape(INPUTS, HIDDEN) + shift) @ last + w[-1]


def teacher(rng: np.random.Generator, X: np.ndarray) -> np.ndarray:
    """The answers (n,) of a network with random weights."""
    with jax.enable_x64(True):
        return np.asarray(predict(jnp.asarray(rng.standard_normal(WEIGHTS)), jnp.asarray(X)))


def optimum(rng: np.random.Generator, X: np.ndarray, Y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The weights (49,) at a local minimum of the mean of half the squared error, and the Hessian there; in float64.

    Raises
    ------
    RuntimeError
        The search stopped where the gradient is not zero.
    """
    with jax.enable_x64(True):
        inputs, answers = jnp.asarray(X), jnp.asarray(Y)

        def loss(w):
            return jnp.mean(0.5 * (predict(w, inputs) - answers) ** 2)

        both = jax.jit(jax.value_and_grad(loss))
        hessian = jax.jit(jax.hessian(loss))
        found = minimize(
            lambda w: tuple(np.asarray(each) for each in both(w)),
            0.5 * rng.standard_normal(WEIGHTS),
            jac=True,
            hess=lambda w: np.asarray(hessian(w)),
            method="trust-exact",
            options={"gtol": 1e-10, "maxiter": 2000},
        )
        if np.linalg.norm(found.jac) > 1e-8:
            raise RuntimeError(
                f"the search for the optimum stopped at a gradient of {np.linalg.norm(found.jac):.1e}"
            )
        return found.x, np.asarray(hessian(found.x))
