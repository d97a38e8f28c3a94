"""What is reported of a fit: lambda with its spread, from the trace of losses or from the work of the fit."""

from __future__ import annotations

from typing import Any

import numpy as np


def summary(
    source: str,
    losses: np.ndarray,
    at_optimum: float,
    n_beta: float,
    lambda_hat: float,
    lambda_se: float,
    work: float,
) -> dict[str, Any]:
    """The figures of the analysis.

    Parameters
    ----------
    source
        ``"trace"``: lambda of each step's loss; ``"work"``: the one lambda that the fit was evaluated to.
    losses, at_optimum
        The losses (steps,) of the trace, and L_n(w*).
    lambda_hat, lambda_se
        The one lambda and its Monte Carlo standard error.
    work
        In evaluations of the full gradient.

    Returns
    -------
    ``llc_mean``, ``llc_std``, ``llc_min``, ``llc_max`` over ``llc_values`` numbers (the spread of one number is 0), ``r_hat``
    and ``ess`` (of the trace's halves; None of one number), ``wnv``, the squared standard error times the work, and ``total_fge``, the work.
    """
    values = n_beta * (losses - at_optimum) if source == "trace" else np.array([lambda_hat])
    facts = {
        "llc_mean": float(values.mean()),
        "llc_std": float(values.std()),
        "llc_min": float(values.min()),
        "llc_max": float(values.max()),
        "llc_values": len(values),
        "r_hat": None,
        "ess": None,
        "total_fge": work,
    }
    squared_error = lambda_se**2
    if source == "trace":
        facts["r_hat"], facts["ess"] = _mixing(values)
        squared_error = facts["llc_std"] ** 2 / facts["ess"]
    return facts | {"wnv": float(squared_error * work)}


def _mixing(values: np.ndarray) -> tuple[float, float]:
    """R-hat and effective sample size of a trace, whose halves are taken as two chains; NaN where a value is not finite."""
    if not np.isfinite(values).all():
        return float("nan"), float("nan")
    import arviz_stats as azs

    halves = values[: len(values) // 2 * 2].reshape(2, -1)
    return float(azs.rhat(halves)), float(azs.ess(halves))
