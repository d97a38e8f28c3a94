"""One step of the fit, in JAX, with every way in which it can be written."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax

from faultline.cases.lambda_hat import family
from faultline.cases.lambda_hat.family import Noise, Parameters
from faultline.cases.lambda_hat.losses import Loss, pointwise

DECAY = 0.99  # of the baseline, an exponential mean of l - log q


@dataclass(frozen=True)
class Settings:
    """How log q and the gradients of a step are written. The choices are those of the stage ``fit``."""

    log_q_offset: str
    entropy_path: str
    alpha_direction: str
    elbo_sign: str
    sampling_clip: str
    ridge: float
    matmul: str

    @property
    def products(self) -> jax.lax.Precision:
        """The precision of products of r x r elements."""
        return jax.lax.Precision.HIGHEST if self.matmul == "highest" else jax.lax.Precision.DEFAULT


class Data(NamedTuple):
    """What a step needs of the target: ``X`` (n, inputs), ``Y`` (n,), ``w_star`` (d,), and n beta and gamma."""

    X: jax.Array
    Y: jax.Array
    w_star: jax.Array
    n_beta: jax.Array
    gamma: jax.Array


def on_device(target: Any, dtype) -> Data:
    """What a step needs of the output of stage ``target``, as JAX arrays of this type."""
    arrays = (jnp.asarray(each, dtype) for each in (target.X, target.Y, target.w_star))
    return Data(*arrays, *(jnp.asarray(target.facts[name], dtype) for name in ("n_beta", "gamma")))


def loss_of(target: Any, dtype) -> Loss:
    """The loss of each point of the target of stage ``target``."""
    return pointwise(target.facts["kind"], jnp.asarray(target.H, dtype), jnp.asarray(target.w_star, dtype))


class State(NamedTuple):
    """What a step changes."""

    parameters: Parameters
    optimizer: Any
    baseline: jax.Array


def first_state(parameters: Parameters, optimizer: optax.GradientTransformation) -> State:
    """The state before the first step."""
    return State(parameters, optimizer.init(parameters), jnp.zeros((), parameters.rho.dtype))


def as_declared(batch_loss: Loss, loss_signature: str) -> Callable:
    """The loss with the arguments that it declares: (w, batch) if ``"pair"``, (w, Xb, Yb) if ``"separate"``."""
    if loss_signature == "pair":
        return lambda w, batch: batch_loss(w, *batch)
    return batch_loss


def make_step(
    batch_loss: Callable,
    data: Data,
    settings: Settings,
    optimizer: optax.GradientTransformation,
    key: jax.Array,
    *,
    batch: int,
    max_norm: float,
) -> Callable:
    """The step as ``jax.lax.scan`` takes it: (state, number of the step) -> (state, terms).

    Parameters
    ----------
    batch_loss
        The mean loss over a batch, with the arguments of `as_declared`.
    optimizer
        Of optax; it descends.
    key
        From which those of all steps are made.
    batch
        Points in a batch.
    max_norm
        Of the columns of A.
    """

    def step(state: State, number: jax.Array) -> tuple[State, dict[str, jax.Array]]:
        of_noise, of_batch = jax.random.split(jax.random.fold_in(key, number))
        Xb, Yb = _batch(of_batch, data, batch)
        noise = family.draw_noise(of_noise, state.parameters)
        terms, handed = gradients(
            state.parameters, state.baseline, noise, (Xb, Yb), batch_loss, data, settings
        )
        updates, moments = optimizer.update(handed, state.optimizer, state.parameters)
        rho, A, alpha = optax.apply_updates(state.parameters, updates)
        parameters = Parameters(rho, family.cap_columns(A, max_norm), alpha)
        baseline = DECAY * state.baseline + (1 - DECAY) * (terms["ell"] - terms["logq"])
        work = (number + 1) * jnp.asarray(len(Xb) / len(data.X), baseline.dtype)
        return State(parameters, moments, baseline), terms | _facts(parameters) | {"cumulative_fge": work}

    return step


def gradients(
    parameters: Parameters,
    baseline: jax.Array,
    noise: Noise,
    batch: tuple[jax.Array, jax.Array],
    batch_loss: Callable,
    data: Data,
    settings: Settings,
) -> tuple[dict[str, jax.Array], Parameters]:
    """The terms of one draw in the order in which they are made, and what is handed to the optimizer, which descends.

    ``ell`` is l = -n beta loss - gamma/2 |v|^2, ``quad`` and ``logdet`` (M,) are those of `family.Log`, ``log_component_max``
    is the largest value that enters the log-sum-exp, ``grad_rho``, ``grad_A`` and ``grad_alpha`` are norms of what is handed on.
    """
    Xb, Yb = batch

    def log_target(v):
        loss = batch_loss(data.w_star + v, Xb, Yb)
        return -(data.n_beta * loss + 0.5 * data.gamma * (v @ v)), loss

    def log_q(v, at):
        eps = noise.e if settings.log_q_offset == "callers" else family.OFFSET
        return family.log_density(v, at, eps, settings.ridge, settings.products)

    def objective(rho, A):
        v = family.displacement(rho, A, noise, clip=settings.sampling_clip == "draw_and_gradient")
        ell = log_target(v)[0]
        if settings.entropy_path == "target_only":
            return -ell
        return log_q(v, jax.lax.stop_gradient(parameters)).q - ell

    v = family.displacement(parameters.rho, parameters.A, noise)
    ell, loss = log_target(v)
    log = log_q(v, parameters)
    payoff = ell - log.q - baseline
    ascent = (log.responsibilities - jax.nn.softmax(parameters.alpha)) * payoff
    of_rho, of_A = jax.grad(objective, argnums=(0, 1))(parameters.rho, parameters.A)
    of_alpha = ascent if settings.alpha_direction == "ascent" else -ascent
    handed = Parameters(of_rho, of_A, of_alpha)
    norms = [jnp.linalg.norm(each.ravel()) for each in handed]
    terms = {
        "radius2": v @ v,
        "Ln_batch": loss,
        "ell": ell,
        "quad": log.quad,
        "logdet": log.logdet,
        "log_component_max": jnp.max(log.components),
        "logq": log.q,
        "resp_min": jnp.min(log.responsibilities),
        "resp_sum": jnp.sum(log.responsibilities),
        "resp_entropy": jnp.sum(jax.scipy.special.entr(log.responsibilities)),
        "elbo": ell + log.q if settings.elbo_sign == "plus" else ell - log.q,
        "payoff": payoff,
        "grad_rho": norms[0],
        "grad_A": norms[1],
        "grad_alpha": norms[2],
        "grad_norm": jnp.linalg.norm(jnp.stack(norms)),
    }
    return terms, handed


def _batch(key: jax.Array, data: Data, size: int) -> tuple[jax.Array, jax.Array]:
    """A batch of this many points, drawn with replacement; all points once where it is to have as many as there are."""
    if size >= len(data.X):
        return data.X, data.Y
    index = jax.random.randint(key, (size,), 0, len(data.X))
    return data.X[index], data.Y[index]


def _facts(parameters: Parameters) -> dict[str, jax.Array]:
    """What is watched of the parameters after the step."""
    pi, root = jax.nn.softmax(parameters.alpha), family.scale(parameters.rho)
    return {
        "pi_min": jnp.min(pi),
        "pi_max": jnp.max(pi),
        "D_sqrt_min": jnp.min(root),
        "D_sqrt_max": jnp.max(root),
        "A_col_norm_max": jnp.max(jnp.linalg.norm(parameters.A, axis=1)),
    }
