"""The reconstruction beside the object: where the probe shone, how large it is, and how alike."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from faultline.cases.ptycho.scene import N, corners

SHONE = 0.1  # of the largest exposure; below it a pixel was hardly seen
QUANTILES = (5, 25, 50, 75, 95)


def exposure(probe: np.ndarray, places: np.ndarray, size: int) -> np.ndarray:
    """The light (size, size) that fell on each pixel: the sum over frames of |P|^2."""
    total = np.zeros((size, size))
    for y, x in corners(places):
        total[y : y + N, x : x + N] += np.abs(probe) ** 2
    return total


def shone(probe: np.ndarray, places: np.ndarray, size: int) -> np.ndarray:
    """Which pixels (size, size) got more than a tenth of the light of the brightest."""
    light = exposure(probe, places, size)
    return light > SHONE * light.max()


def least_squares(truth: np.ndarray, found: np.ndarray) -> float:
    """The factor of ``found`` that brings it nearest to the truth; NaN where there is nothing to scale."""
    below = float(np.sum(found**2))
    return float(np.sum(truth * found)) / below if below > 0 else float("nan")


def correlation(one: np.ndarray, other: np.ndarray) -> float:
    """Pearson's; NaN where one of them is constant."""
    if not (one.std() > 0 and other.std() > 0):
        return float("nan")
    return float(np.corrcoef(one, other)[0, 1])


def errors(truth: np.ndarray, found: np.ndarray) -> dict[str, float]:
    """Mean absolute error, root mean square error, the largest, and Pearson's correlation."""
    apart = np.abs(found - truth)
    return {
        "mae": float(apart.mean()),
        "rmse": float(np.sqrt(np.mean(apart**2))),
        "max": float(apart.max()),
        "pearson": correlation(truth, found),
    }


def spread(values: np.ndarray) -> dict[str, float]:
    """Mean, median and percentiles."""
    return {
        "mean": float(values.mean()),
        "median": float(np.median(values)),
        **{f"p{q}": float(v) for q, v in zip(QUANTILES, np.percentile(values, QUANTILES), strict=True)},
    }


def compared(truth: np.ndarray, found: np.ndarray) -> dict[str, Any]:
    """Amplitudes beside the true ones, over the same pixels, both flat.

    Returns
    -------
    ``ratio`` of the means; ``ratio_error``, how far it is from 1; the `errors`; ``relative_rmse``, as a share of the mean; ``least_squares``, the best factor;
    ``residual``, the mean absolute error that it leaves; ``ratio_spread``, of the pixels' own ratios where the truth is not 0;
    ``truth`` and ``prediction``, their `spread`; ``constant_factor_share``, the share of the squared error that the factor removes.
    """
    factor = least_squares(truth, found)
    before, after = np.mean((found - truth) ** 2), np.mean((factor * found - truth) ** 2)
    lit = truth > 0
    ratio = float(found.mean() / truth.mean()) if truth.mean() > 0 else float("nan")
    return {
        "ratio": ratio,
        "ratio_error": abs(ratio - 1),
        **errors(truth, found),
        "relative_rmse": float(np.sqrt(before) / truth.mean()) if truth.mean() > 0 else float("nan"),
        "least_squares": factor,
        "residual": float(np.abs(factor * found - truth).mean()),
        "constant_factor_share": float(1 - after / before) if before > 0 else 0.0,
        "ratio_spread": spread(found[lit] / truth[lit]) if lit.any() else None,
        "truth": spread(truth),
        "prediction": spread(found),
        "pixels": int(truth.size),
        "nan_count": int(np.sum(~np.isfinite(found))),
    }


def factor_of(how: str, truth: np.ndarray, found: np.ndarray, recorded: float) -> float:
    """What a reconstruction is multiplied by: 1, the ``recorded`` intensity scale, or the least-squares factor."""
    if how == "none":
        return 1.0
    return recorded if how == "recorded" else least_squares(truth, found)


def phase_errors(truths: Sequence[np.ndarray], found: Sequence[np.ndarray]) -> dict[str, float]:
    """The errors of the phase over all halves. Frames say nothing of a half's mean phase, so its mean difference is left out."""
    turned = [np.angle(other * np.conj(one)) for one, other in zip(truths, found, strict=True)]
    known = np.angle(np.concatenate(truths))
    return errors(known, known + np.concatenate([each - each.mean() for each in turned]))


def of_halves(
    truth: np.ndarray, found: np.ndarray, pixels: np.ndarray, rescale: str, recorded: float
) -> dict[str, Any]:
    """What `compared` says of both halves together and, in ``halves``, of each.

    ``pearson`` is that of the worse half. ``prediction_scale`` has the ``mode`` and the ``value`` of the factor that was applied.

    Parameters
    ----------
    truth, found
        The object (H, W) and the reconstruction of each half (2, H, W), complex or real.
    pixels
        Which pixels (2, H, W) are compared.
    rescale, recorded
        As in `factor_of`.
    """
    truths = [truth[each] for each in pixels]
    images = [image[each] for image, each in zip(found, pixels, strict=True)]
    known, amplitudes = ([np.abs(each).astype(float) for each in waves] for waves in (truths, images))
    factor = factor_of(rescale, np.concatenate(known), np.concatenate(amplitudes), recorded)
    halves = {
        name: compared(one, factor * other)
        for name, one, other in zip(("train", "test"), known, amplitudes, strict=True)
    }
    return {
        **compared(np.concatenate(known), factor * np.concatenate(amplitudes)),
        "pearson": float(np.min([each["pearson"] for each in halves.values()])),
        "prediction_scale": {"mode": rescale, "value": factor},
        "phase": phase_errors(truths, images),
        "halves": halves,
    }
