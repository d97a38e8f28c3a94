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
ITERATIONS, RATE = 10_000, 0.003  # of ADVI; the default rate is far from an optimum after as many
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
    """lambda of NUTS, of ADVI and of full-rank ADVI, each with its Monte Carlo standard error.

    ``divergences`` and ``nuts_rhat`` say how NUTS ran. ``advi_drift`` and ``fullrank_advi_drift`` are how far the mean of minus
    the ELBO moved from the last fifth but one of the iterations to the last, in nats: below 0 it still fell.
    """
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
            fitted = pm.fit(ITERATIONS, method=name, obj_optimizer=pm.adam(learning_rate=RATE), **quiet)
            drawn = fitted.sample(APPROXIMATE_DRAWS, random_seed=seed)
        found = n_beta * (drawn.posterior["L_n"].values.ravel() - loss_at_optimum)
        fifths = fitted.hist.reshape(5, -1).mean(axis=1)
        facts |= {
            f"{name}_drift": float(fifths[-1] - fifths[-2]),
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
