"""Checks of the numerics against others that share nothing with them: SciPy, dense matrices, finite differences.

They are made at a problem of their own, so that they say the same of every target: four weights, two components of rank two,
a quadratic loss. The last weight's D^1/2 lies below the limit that the family sets.
"""

from __future__ import annotations

import inspect
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from scipy.special import log_softmax, logsumexp, softmax
from scipy.stats import multivariate_normal, norm, qmc

from faultline.cases.lambda_hat import estimate, family, losses, step
from faultline.cases.lambda_hat.family import Noise, Parameters
from faultline.cases.lambda_hat.step import Data, Settings

H = np.array([[2.0, 0.3, 0.0, 0.1], [0.3, 1.0, 0.2, 0.0], [0.0, 0.2, 1.5, 0.3], [0.1, 0.0, 0.3, 0.8]])
N_BETA, GAMMA = 8.0, 1.0
AT = Parameters(
    np.array([-0.5, 0.3, -1.0, -9.5]),
    np.array(
        [
            [[0.6, -0.2], [0.1, 0.4], [-0.5, 0.3], [0.2, 0.1]],
            [[-0.9, 0.5], [0.7, 0.2], [0.1, -0.8], [0.3, -0.4]],
        ]
    ),
    np.array([0.4, -0.2]),
)
CLIPPED = 3  # the weight whose D^1/2 the family clips
# Draws, a power of 2 as Sobol's sequence wants it: so many that the gradients are known to one or two parts in a hundred.
STEPS, DIFFERENCES = 2**16, 2**13
STEP = 1e-4  # of the central differences, in float64: their error is of the order of its square
POINTS = 16  # draws at which log q is compared


def log_q_errors(settings: Settings, dtype, rng: np.random.Generator) -> dict[str, float]:
    """The largest differences, over draws, between what a step has and SciPy's log q, in nats.

    ``log_q``: of log q itself. ``elbo``: of the ELBO that is logged, against l - log q.
    """
    noise = _noise(rng, POINTS)
    v = _displacements(AT, noise)
    known = _log_q(v, AT)
    terms, _ = _steps(settings, dtype, noise)
    return {
        "log_q": _largest(terms["logq"], known),
        "elbo": _largest(terms["elbo"], _log_target(v) - known),
    }


def gradient_errors(settings: Settings, dtype, rng: np.random.Generator) -> dict[str, float]:
    """How far the mean of what steps hand to the optimizer is from minus the gradient of the ELBO.

    The gradient is that of central differences with common random numbers, in NumPy, with SciPy's densities.

    Returns
    -------
    ``rho``, ``A`` and ``alpha``: the norm of the difference, as a share of the gradient's; of ``rho`` without the clipped
    weight. ``clipped``: the absolute difference there.
    """
    _, handed = _steps(settings, dtype, _noise(rng, STEPS))
    spread = _noise(rng, DIFFERENCES)
    wanted = Parameters(*(-_differences(name, spread.z, spread.e) for name in AT._fields))
    mean = Parameters(*(each.mean(axis=0) for each in handed))
    free = np.arange(len(AT.rho)) != CLIPPED
    return {
        "rho": _relative(mean.rho[free], wanted.rho[free]),
        "A": _relative(mean.A, wanted.A),
        "alpha": _relative(mean.alpha, wanted.alpha),
        "clipped": float(abs(mean.rho[CLIPPED] - wanted.rho[CLIPPED])),
    }


def call_error(loss_signature: str) -> int:
    """How many arguments the call of the fit, with weights, inputs and answers, has too many or too few for the loss."""
    declared = step.as_declared(lambda w, X, Y: w, loss_signature)
    return abs(len(inspect.signature(declared).parameters) - len(("w", "X", "Y")))


def trace_error(with_diagonal: bool, dtype) -> float:
    """How far tr(H S_q) is from that of the dense matrices, as a share of it."""
    found = estimate.trace_of_product(jnp.asarray(H, dtype), _as(AT, dtype), with_diagonal)
    dense = float(np.trace(H @ covariance(AT)))
    return estimate.relative_error(float(found), dense)


def loss_error(reduction: str, dtype, rng: np.random.Generator) -> float:
    """How far the loss that the estimate uses is from the mean of half the squared residuals, as a share of it."""
    X, Y, w = rng.standard_normal((7, 3)), rng.standard_normal(7), rng.standard_normal(3)
    point = losses.pointwise(losses.LEAST_SQUARES, None, None)
    found = losses.reduced(point, reduction)(*(jnp.asarray(each, dtype) for each in (w, X, Y)))
    return estimate.relative_error(float(found), float(np.mean(0.5 * (X @ w - Y) ** 2)))


def covariance(parameters: Parameters) -> np.ndarray:
    """The covariance (d, d) of the family, dense."""
    return np.einsum("m,mde->de", softmax(parameters.alpha), _covariances(parameters))


def lambda_of(parameters: Parameters, H: np.ndarray, n_beta: float) -> float:
    """n beta (E_q[L] - L(w*)) of a quadratic loss with this Hessian (d, d), dense."""
    return float(0.5 * n_beta * np.trace(H @ covariance(parameters)))


def _roots(parameters: Parameters) -> np.ndarray:
    return np.clip(np.log1p(np.exp(parameters.rho)), family.LOWEST, family.HIGHEST)


def _covariances(parameters: Parameters) -> np.ndarray:
    """S_m, (M, d, d)."""
    root = np.asarray(_roots(parameters), float)
    A = np.asarray(parameters.A, float)
    inner = np.eye(len(root)) + np.einsum("mdr,mer->mde", A, A)
    return root[:, None] * inner * root


def _log_q(v: np.ndarray, parameters: Parameters) -> np.ndarray:
    """log q (n,) of v (n, d)."""
    of_components = [multivariate_normal(cov=each).logpdf(v) for each in _covariances(parameters)]
    return logsumexp(log_softmax(parameters.alpha)[:, None] + of_components, axis=0)


def _log_target(v: np.ndarray) -> np.ndarray:
    """l (n,) of v (n, d)."""
    return -0.5 * np.einsum("nd,de,ne->n", v, N_BETA * H + GAMMA * np.eye(len(H)), v)


def _elbo(parameters: Parameters, z: np.ndarray, e: np.ndarray) -> float:
    """The ELBO, the mean over draws z (n, r), e (n, d) of each component, weighed."""
    total = 0.0
    for m, weight in enumerate(softmax(parameters.alpha)):
        v = _roots(parameters) * (z @ parameters.A[m].T + e)
        total += weight * np.mean(_log_target(v) - _log_q(v, parameters))
    return total


def _differences(name: str, z: np.ndarray, e: np.ndarray) -> np.ndarray:
    """The gradient of the ELBO in one of the parameters by central differences."""
    values = getattr(AT, name)
    found = np.zeros_like(values)
    for place in np.ndindex(values.shape):
        moved = np.zeros_like(values)
        moved[place] = STEP
        ends = [_elbo(AT._replace(**{name: values + each}), z, e) for each in (moved, -moved)]
        found[place] = (ends[0] - ends[1]) / (2 * STEP)
    return found


def _noise(rng: np.random.Generator, number: int) -> Noise:
    """The noise of this many draws, a power of 2, spread evenly by Sobol's sequence."""
    rank, d = AT.A.shape[-1], len(AT.rho)
    spread = qmc.Sobol(1 + rank + d, rng=rng).random(number)
    normal = norm.ppf(spread[:, 1:])
    m = np.searchsorted(np.cumsum(softmax(AT.alpha))[:-1], spread[:, 0])
    return Noise(m, normal[:, :rank], normal[:, rank:])


def _displacements(parameters: Parameters, noise: Noise) -> np.ndarray:
    """The draws v (n, d)."""
    return _roots(parameters) * (np.einsum("ndr,nr->nd", parameters.A[noise.m], noise.z) + noise.e)


def _steps(settings: Settings, dtype, noise: Noise) -> tuple[dict[str, np.ndarray], Parameters]:
    """The terms of a step at each draw, and what it hands to the optimizer."""
    none, zero = jnp.zeros((1, 1), dtype), jnp.zeros(len(H), dtype)
    data = Data(none, none[0], zero, *(jnp.asarray(each, dtype) for each in (N_BETA, GAMMA)))
    loss = losses.mean(losses.pointwise(losses.QUADRATIC, jnp.asarray(H, dtype), zero))
    at = _as(AT, dtype)

    def one(each: Noise) -> Any:
        return step.gradients(at, jnp.zeros((), dtype), each, (data.X, data.Y), loss, data, settings)

    given = Noise(jnp.asarray(noise.m), jnp.asarray(noise.z, dtype), jnp.asarray(noise.e, dtype))
    terms, handed = jax.jit(jax.vmap(one))(given)
    return {name: np.asarray(each, float) for name, each in terms.items()}, Parameters(
        *(np.asarray(each, float) for each in handed)
    )


def _as(parameters: Parameters, dtype) -> Parameters:
    return Parameters(*(jnp.asarray(each, dtype) for each in parameters))


def _largest(found: np.ndarray, known: np.ndarray) -> float:
    return float(np.max(np.abs(found - known)))


def _relative(found: np.ndarray, known: np.ndarray) -> float:
    return float(np.linalg.norm(found - known) / np.linalg.norm(known))
