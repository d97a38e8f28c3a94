"""The same target as a PyMC model, sampled by NUTS and fitted by ADVI and full-rank ADVI."""

from __future__ import annotations

from typing import Any

import numpy as np
import pymc as pm
import pytensor.tensor as pt

from faultline.cases.lambda_hat import losses, network

CHAINS, TUNE, DRAWS = (
    2,
    500,
    1000,
)  # a few hundred effective draws: a standard error of lambda of a few parts in a hundred
ITERATIONS = 10_000  # of ADVI, after which its ELBO moves by its noise alone on these targets
APPROXIMATE_DRAWS = 2000  # of an approximation, whose draws are independent


def model(
    kind: str, X: np.ndarray, Y: np.ndarray, w_star: np.ndarray, H: np.ndarray, n_beta: float, gamma: float
) -> pm.Model:
    """exp(-n beta L_n(w)) under a normal prior around w* whose precision is gamma.

    Parameters
    ----------
    kind, X, Y, w_star, H
        As `targets.make_target` returns them.

    Returns
    -------
    A model with the free variable ``w`` (d,) and the deterministic ``L_n``.
    """
    with pm.Model() as made:
        w = pm.Normal("w", w_star, gamma**-0.5, shape=len(w_star))
        loss = pm.Deterministic("L_n", _loss(kind, w, X, Y, w_star, H))
        pm.Potential("tempered_loss", -n_beta * loss)
    return made


def lambdas(made: pm.Model, loss_at_optimum: float, n_beta: float, seed: int) -> dict[str, Any]:
    """lambda of NUTS, of ADVI and of full-rank ADVI, each with its Monte Carlo standard error, and how NUTS ran."""
    import arviz_stats as azs

    quiet = {"progressbar": False, "random_seed": seed}
    with made:
        sampled = pm.sample(DRAWS, tune=TUNE, chains=CHAINS, cores=1, **quiet)
        facts = {"divergences": int(sampled.sample_stats["diverging"].sum())}
    losses_of_nuts = n_beta * (sampled.posterior["L_n"].values - loss_at_optimum)
    facts |= {
        "nuts_lambda": float(losses_of_nuts.mean()),
        "nuts_lambda_se": float(losses_of_nuts.std(ddof=1) / np.sqrt(azs.ess(losses_of_nuts, method="mean"))),
        "nuts_rhat": float(azs.rhat(losses_of_nuts)),
    }
    for name in ("advi", "fullrank_advi"):
        with made:
            fitted = pm.fit(ITERATIONS, method=name, **quiet)
            drawn = fitted.sample(APPROXIMATE_DRAWS, random_seed=seed)
        found = n_beta * (drawn.posterior["L_n"].values.ravel() - loss_at_optimum)
        facts |= {
            f"{name}_lambda": float(found.mean()),
            f"{name}_lambda_se": float(found.std(ddof=1) / np.sqrt(len(found))),
        }
    return facts


def _loss(kind: str, w, X: np.ndarray, Y: np.ndarray, w_star: np.ndarray, H: np.ndarray):
    if kind == losses.QUADRATIC:
        return 0.5 * pt.dot(w - w_star, pt.dot(H, w - w_star))
    answers = pt.dot(X, w) if kind == losses.LEAST_SQUARES else _network(w, X)
    return pt.mean(0.5 * (answers - Y) ** 2)


def _network(w, X: np.ndarray):
    """`network.predict`, for PyTensor."""
    size = network.HIDDEN * network.INPUTS
    first = w[:size].reshape((network.INPUTS, network.HIDDEN))
    return (
        pt.dot(pt.tanh(pt.dot(X, first) + w[size : size + network.HIDDEN]), w[size + network.HIDDEN : -1])
        + w[-1]
    )
