"""Estimates beside the truth: errors, intervals, ranges, and what makes a coefficient of determination negative."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from faultline.cases.urease import chemistry

STEP, END = 5.0, 2000.0  # s, of the grid on which forecasts are scored
Z90 = 1.6448536  # of a normal interval that holds 90 percent
COVERED = (0.80, 0.97)  # that a coverage of 90 percent may be, in a sample
TINY = 1e-12  # a sum of squares below which R2 says nothing


def denormalized(values: np.ndarray, stats: Mapping[str, Any]) -> np.ndarray:
    """Parameters (..., 2) in g/L and 1/s."""
    return values * np.array(stats["target_std"]) + np.array(stats["target_mean"])


def normalized(values: np.ndarray, stats: Mapping[str, Any]) -> np.ndarray:
    """Parameters (..., 2) as the network has them."""
    return (values - np.array(stats["target_mean"])) / np.array(stats["target_std"])


def named(values: np.ndarray, output_order: str) -> np.ndarray:
    """Outputs (..., 2) by the names of their heads: as they were written, or reversed."""
    return values[..., ::-1] if output_order == "reversed" else values


def units(stats: Mapping[str, Any], metric_scale: str) -> np.ndarray:
    """What errors (..., 2) are divided by before they are reported."""
    return np.array(stats["target_std"]) if metric_scale == "normalised" else np.ones(2)


def r2(truth: np.ndarray, found: np.ndarray) -> float | None:
    """The coefficient of determination; None where the truth does not vary."""
    total = float(np.sum((truth - truth.mean()) ** 2))
    return None if total < TINY else 1 - float(np.sum((truth - found) ** 2)) / total


def causes_of_negative_r2(
    truth: np.ndarray, found: np.ndarray, others: np.ndarray, scale: float
) -> dict[str, Any]:
    """Each of the audit's causes by itself, for one parameter: ``truth``, ``found`` and the other head's ``others`` (n,).

    ``scale_changes_it``: R2 in normalized units, with this standard deviation, is another. ``baseline_is_wrong``: the share of the
    squared error that one shift of all estimates removes is over a half. ``variance_is_tiny``. ``other_parameter``: the estimates
    are nearer to being the other head's in rank.
    """
    here, there = r2(truth, found), r2(truth / scale, found / scale)
    squared = float(np.mean((found - truth) ** 2))
    shift = float(np.mean(found - truth)) ** 2
    return {
        "r2": here,
        "scale_changes_it": None not in (here, there) and abs(here - there) > 1e-6 * max(1.0, abs(here)),
        "shift_share": shift / squared if squared > 0 else 0.0,
        "baseline_is_wrong": bool(squared > 0 and shift / squared > 0.5),
        "variance_is_tiny": here is None,
        "other_parameter": bool(abs(rank_correlation(truth, others)) > abs(rank_correlation(truth, found))),
        "ss_tot": float(np.sum((truth - truth.mean()) ** 2)),
        "true_range": [float(truth.min()), float(truth.max())],
        "found_range": [float(found.min()), float(found.max())],
    }


def rank_correlation(one: np.ndarray, other: np.ndarray) -> float:
    """Spearman's; 0 where one of them is constant."""
    ranks = [np.argsort(np.argsort(each)).astype(float) for each in (one, other)]
    return float(np.corrcoef(*ranks)[0, 1]) if one.std() > 0 and other.std() > 0 else 0.0


def errors(truth: np.ndarray, found: np.ndarray, baseline: np.ndarray) -> dict[str, float]:
    """Mean absolute errors of both parameters (n, 2), those of the mean of the rows for training (2,), and their ratios."""
    mae, prior = np.abs(found - truth).mean(axis=0), np.abs(baseline - truth).mean(axis=0)
    return {
        "mae_E0": float(mae[0]),
        "mae_k_d": float(mae[1]),
        "baseline_mae_E0": float(prior[0]),
        "baseline_mae_k_d": float(prior[1]),
        "mae_ratio": float(mae[0] / prior[0]),
        "mae_ratio_k_d": float(mae[1] / prior[1]),
    }


def intervals(
    truth: np.ndarray, found: np.ndarray, sd: np.ndarray | None, prior_sd: np.ndarray
) -> dict[str, Any]:
    """Coverage of the 90 percent intervals, each and pooled, how far that is outside of `COVERED`, and the contraction 1 - sd / prior sd."""
    if sd is None:
        return dict.fromkeys(
            (
                "coverage_E0",
                "coverage_k_d",
                "coverage",
                "coverage_outside",
                "contraction_E0",
                "contraction_k_d",
            )
        )
    inside = np.abs(found - truth) <= Z90 * sd
    share, each = float(inside.mean()), inside.mean(axis=0)
    contraction = 1 - sd.mean(axis=0) / prior_sd
    return {
        "coverage_E0": float(each[0]),
        "coverage_k_d": float(each[1]),
        "coverage": share,
        "coverage_outside": max(COVERED[0] - share, share - COVERED[1], 0.0),
        "contraction_E0": float(contraction[0]),
        "contraction_k_d": float(contraction[1]),
    }


def outside(found: np.ndarray, ranges: Mapping[str, Sequence[float]]) -> dict[str, Any]:
    """The share of rows (n, 2) with a value out of its range, or not finite, and how many have a negative E0."""
    low, high = np.array(list(ranges.values())).T
    slack = 1e-6 * (high - low)  # single precision
    out = ~((found >= low - slack) & (found <= high + slack))
    return {
        "out_of_range": float(out.any(axis=1).mean()),
        "out_of_range_E0": float(out[:, 0].mean()),
        "out_of_range_k_d": float(out[:, 1].mean()),
        "negative_E0": int(np.sum(found[:, 0] < 0)),
    }


def forecast(curves: np.ndarray, parameters: np.ndarray) -> np.ndarray:
    """pH (n, points) on the grid of `times`, by curves (n, len(TAU)) and parameters (n, 2)."""
    with np.errstate(over="ignore", invalid="ignore"):  # a decay far below 0
        return chemistry.records(curves, *parameters.T, times())


def times() -> np.ndarray:
    """s, of the grid on which forecasts are scored."""
    return np.arange(0.0, END + STEP / 2, STEP)


def scores(truth: np.ndarray, found: np.ndarray) -> dict[str, Any]:
    """RMSE and R2 of forecasts (n, points) over the rows whose truth varies."""
    total = np.sum((truth - truth.mean(axis=1, keepdims=True)) ** 2, axis=1)
    squared = np.sum((found - truth) ** 2, axis=1)
    scored = total >= TINY
    each = 1 - squared[scored] / total[scored]
    return {
        "rmse": float(np.sqrt(squared / truth.shape[1]).mean()),
        "r2": float(each.mean()) if scored.any() else None,
        "r2_median": float(np.median(each)) if scored.any() else None,
        "r2_negative_share": float(np.mean(each < 0)) if scored.any() else None,
        "rows_without_variance": int(np.sum(~scored)),
        "ss_tot_min": float(total.min()),
    }
