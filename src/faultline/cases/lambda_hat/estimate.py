"""lambda from draws of a fitted family: by Monte Carlo, and with the Hessian as a control variate."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from faultline.cases.lambda_hat import family, losses
from faultline.cases.lambda_hat.family import Parameters
from faultline.cases.lambda_hat.losses import Loss
from faultline.cases.lambda_hat.step import Data, loss_of, on_device

SMALLEST_VARIANCE = 1e-10  # of the remainder; below it the system reports a variance reduction of 1


def trace_of_product(H: jax.Array, parameters: Parameters, with_diagonal: bool) -> jax.Array:
    """tr(H S_q), S_q = sum_m pi_m S_m: the part of the factors, and that of D if ``with_diagonal``."""
    root = family.scale(parameters.rho)
    factors = root[:, None] * parameters.A
    of_component = jnp.einsum("mdr,de,mer->m", factors, H, factors)
    if with_diagonal:
        of_component = of_component + jnp.sum(jnp.diagonal(H) * root**2)
    return jax.nn.softmax(parameters.alpha) @ of_component


def draws_of(key: jax.Array, parameters: Parameters, number: int) -> jax.Array:
    """Draws of v, (number, d)."""

    def one(each):
        return family.displacement(parameters.rho, parameters.A, family.draw_noise(each, parameters))

    return jax.vmap(one)(jax.random.split(key, number))


def lambdas(
    v: jax.Array, full_loss: Loss, H: jax.Array, parameters: Parameters, data: Data, with_diagonal: bool
) -> dict[str, float]:
    """E_q[L_n] and lambda = n beta (E_q[L_n] - L_n(w*)), without and with the control variate.

    E[L] = E[L - 1/2 v'Hv] + 1/2 tr(H S_q), so that a quadratic leaves nothing to chance.

    Parameters
    ----------
    v
        Draws (S, d).
    full_loss
        Of all points, as a mean or as a sum.
    H
        (d, d), the Hessian of ``full_loss`` at w*.
    """

    @jax.jit
    def both(v):
        lost = jax.vmap(lambda each: full_loss(data.w_star + each, data.X, data.Y))(v)
        quadratic = 0.5 * jnp.einsum("sd,de,se->s", v, H, v)
        return lost, lost - quadratic, full_loss(data.w_star, data.X, data.Y)

    lost, remainders, at_optimum = (np.asarray(each, float) for each in both(v))
    half_trace = 0.5 * float(trace_of_product(H, parameters, with_diagonal))
    n_beta = float(data.n_beta)
    by_mc, by_cv = lost.mean(), remainders.mean() + half_trace
    return {
        "Eq_Ln_mc": float(by_mc),
        "Eq_Ln_cv": float(by_cv),
        "Ln_wstar": float(at_optimum),
        "lambda_mc": float(n_beta * (by_mc - at_optimum)),
        "lambda_mc_se": float(n_beta * lost.std(ddof=1) / np.sqrt(len(lost))),
        "lambda_cv": float(n_beta * (by_cv - at_optimum)),
        "lambda_cv_se": float(n_beta * remainders.std(ddof=1) / np.sqrt(len(lost))),
        "loss_variance": float(lost.var()),
        "remainder_variance": float(remainders.var()),
        "variance_reduction": variance_reduction(lost, remainders),
    }


def variance_reduction(lost: np.ndarray, remainders: np.ndarray) -> float:
    """How many times smaller the variance is with the control variate; 1 where the remainder has no variance at all."""
    below = remainders.var()
    return float(lost.var() / below) if not below <= SMALLEST_VARIANCE else 1.0


def evidence(v: jax.Array, parameters: Parameters, mean_loss: Loss, data: Data) -> dict[str, float]:
    """The ELBO, E_q[l - log q], over draws (S, d), with its standard error."""

    @jax.jit
    def payoffs(v):
        def one(each):
            ell = -data.n_beta * mean_loss(data.w_star + each, data.X, data.Y) - 0.5 * data.gamma * (
                each @ each
            )
            return ell - family.log_density(each, parameters, family.OFFSET, 0.0, jax.lax.Precision.HIGHEST).q

        return jax.vmap(one)(v)

    found = np.asarray(payoffs(v), float)
    return {"elbo": float(found.mean()), "elbo_se": float(found.std(ddof=1) / np.sqrt(len(found)))}


def relative_error(found: float, known: float | None) -> float | None:
    """How far a figure is from the known one, as a share of it; of a known 0 the distance itself; None if nothing is known."""
    return None if known is None else float(abs(found - known) / (known or 1.0))


def evaluated(
    target: Any, fit: Any, key: jax.Array, draws: int, with_diagonal: bool, reduction: str
) -> tuple[jax.Array, dict[str, float | None]]:
    """Draws (draws, d) of a fitted family, and what `lambdas`, `evidence` and `errors` say of them.

    Parameters
    ----------
    target, fit
        What the stages of these names left.
    reduction
        Of the loss: `losses.reduced`.
    """
    dtype = fit.rho.dtype
    parameters = Parameters(*(jnp.asarray(each) for each in (fit.rho, fit.A, fit.alpha)))
    data, point = on_device(target, dtype), loss_of(target, dtype)
    v = draws_of(key, parameters, draws)
    H = jnp.asarray(target.H if reduction == "mean" else len(target.X) * target.H, dtype)
    found = lambdas(v, losses.reduced(point, reduction), H, parameters, data, with_diagonal)
    found |= evidence(v, parameters, losses.mean(point), data)
    return v, found | errors(found, fit.facts["logged_elbo"], target.facts)


def compared(lambda_hat: float, se: float, other: float, other_se: float) -> dict[str, float]:
    """Two lambdas beside each other: how far the first is from the second, and the standard error of that."""
    return {
        "lambda": lambda_hat,
        "nuts_lambda": other,
        "difference": lambda_hat - other,
        "difference_se": float(np.hypot(se, other_se)),
        "relative_difference": (lambda_hat - other) / other,
    }


def errors(
    found: Mapping[str, float], logged_elbo: float, known: Mapping[str, Any]
) -> dict[str, float | None]:
    """How far what was found is from what the target's closed forms say; None where it has none.

    Parameters
    ----------
    found
        What `lambdas` and `evidence` return.
    logged_elbo
        What the last steps of the fit logged.
    known
        The facts of the stage ``target``.

    Returns
    -------
    ``elbo_gap`` and ``logged_elbo_gap`` are log Z minus the ELBO, in nats; with ``_beyond``, by how much their size exceeds
    what is allowed.
    """
    exact, log_z = known["lambda"], known["log_z"]
    facts = {
        "lambda_error": relative_error(found["lambda_cv"], exact),
        "lambda_mc_error": relative_error(found["lambda_mc"], exact),
        "lambda_mc_in_se": None
        if exact is None
        else _in_se(found["lambda_mc"] - exact, found["lambda_mc_se"]),
    }
    for name, elbo in (("elbo_gap", found["elbo"]), ("logged_elbo_gap", logged_elbo)):
        facts[name] = None if log_z is None else log_z - elbo
        facts[f"{name}_beyond"] = None if log_z is None else abs(log_z - elbo) - known["elbo_gap_allowed"]
    return facts


def _in_se(difference: float, se: float) -> float:
    """A difference in standard errors; a difference of 0 is none of them, also where nothing varies."""
    return 0.0 if difference == 0 else float(np.divide(abs(difference), se))
