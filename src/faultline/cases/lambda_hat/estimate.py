"""lambda from draws of a fitted family: by Monte Carlo, and with the Hessian as a control variate."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from faultline.cases.lambda_hat import family
from faultline.cases.lambda_hat.family import Parameters
from faultline.cases.lambda_hat.losses import Loss
from faultline.cases.lambda_hat.step import Data

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
        losses = jax.vmap(lambda each: full_loss(data.w_star + each, data.X, data.Y))(v)
        quadratic = 0.5 * jnp.einsum("sd,de,se->s", v, H, v)
        return losses, losses - quadratic, full_loss(data.w_star, data.X, data.Y)

    losses, remainders, at_optimum = (np.asarray(each, float) for each in both(v))
    half_trace = 0.5 * float(trace_of_product(H, parameters, with_diagonal))
    n_beta = float(data.n_beta)
    by_mc, by_cv = losses.mean(), remainders.mean() + half_trace
    return {
        "Eq_Ln_mc": float(by_mc),
        "Eq_Ln_cv": float(by_cv),
        "Ln_wstar": float(at_optimum),
        "lambda_mc": float(n_beta * (by_mc - at_optimum)),
        "lambda_mc_se": float(n_beta * losses.std(ddof=1) / np.sqrt(len(losses))),
        "lambda_cv": float(n_beta * (by_cv - at_optimum)),
        "lambda_cv_se": float(n_beta * remainders.std(ddof=1) / np.sqrt(len(losses))),
        "loss_variance": float(losses.var()),
        "remainder_variance": float(remainders.var()),
        "variance_reduction": variance_reduction(losses, remainders),
    }


def variance_reduction(losses: np.ndarray, remainders: np.ndarray) -> float:
    """How many times smaller the variance is with the control variate; 1 where the remainder has no variance at all."""
    below = remainders.var()
    return float(losses.var() / below) if not below <= SMALLEST_VARIANCE else 1.0


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


def errors(
    found: Mapping[str, float],
    fitted: Mapping[str, Any],
    known: Mapping[str, Any],
    scenario: Mapping[str, Any],
) -> dict[str, float | None]:
    """How far what was found is from what the target's closed forms say; None where it has none.

    Parameters
    ----------
    found
        What `lambdas` and `evidence` return.
    fitted, known
        The facts of the stages ``fit`` and ``target``.
    scenario
        Its ``elbo_gap``: how far from log Z the ELBO may be.
    """
    exact, log_z = known["lambda"], known["log_z"]
    gap = None if log_z is None else log_z - found["elbo"]
    logged = None if log_z is None else log_z - fitted["logged_elbo"]
    return {
        "lambda_error": relative_error(found["lambda_cv"], exact),
        "lambda_mc_error": relative_error(found["lambda_mc"], exact),
        "lambda_mc_in_se": None if exact is None else abs(found["lambda_mc"] - exact) / found["lambda_mc_se"],
        "elbo_gap": gap,
        "elbo_gap_beyond": None if gap is None else abs(gap) - scenario["elbo_gap"],
        "logged_elbo_gap": logged,
    }
