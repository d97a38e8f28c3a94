"""What a look at the reconstruction would find, measured: whether it has structure, whether it is shifted, whether it is tiled."""

from __future__ import annotations

from typing import Any

import numpy as np

from faultline.cases.ptycho.comparison import correlation

FARTHEST = 3  # pixels within which a shift is looked for
LAGS = range(4, 9)  # pixels between tiles: beyond the detail, and at most half of what the frames cover


def shift(truth: np.ndarray, image: np.ndarray, seen: np.ndarray) -> tuple[int, int]:
    """By how many rows and columns the image (H, W) has to be moved so that it correlates best with the object where it was seen."""
    best = {}
    for y in range(-FARTHEST, FARTHEST + 1):
        for x in range(-FARTHEST, FARTHEST + 1):
            both = seen & np.roll(seen, (y, x), (0, 1))
            best[y, x] = correlation(truth[both], np.roll(image, (y, x), (0, 1))[both])
    return max(best, key=lambda place: np.nan_to_num(best[place], nan=-1))


def repeats(truth: np.ndarray, image: np.ndarray, seen: np.ndarray) -> float:
    """How much more the image (H, W) is like itself, moved along one axis by `LAGS`, than the object is: 0 without tiles, near 1 with."""
    more = []
    for axis in (0, 1):
        for lag in LAGS:
            both = seen & np.roll(seen, lag, axis)
            if 4 * both.sum() < seen.sum():  # a few pixels are alike by chance
                continue
            one, other = (
                np.nan_to_num(correlation(values[both], np.roll(values, lag, axis)[both]))  # constant: 0
                for values in (image, truth)
            )
            more.append(one - other)
    return float(np.max(more)) if more else 0.0


def looked_at(truth: np.ndarray, images: np.ndarray, pixels: np.ndarray) -> dict[str, Any]:
    """``structure``, ``shift`` and ``repeats`` of the worst half; NaN where a pixel that was seen is not finite.

    Parameters
    ----------
    truth, images, pixels
        The object's amplitude (H, W), and of each half the reconstruction's and which of its pixels are compared (2, H, W).
    """
    halves = list(zip(images, pixels, strict=True))
    if not all(np.isfinite(image[seen]).all() for image, seen in halves):
        return dict.fromkeys(("structure", "shift", "repeats"), float("nan"))
    return {
        "structure": min(float(image[seen].std() / truth[seen].std()) for image, seen in halves),
        "shift": max(float(np.abs(shift(truth, image, seen)).max()) for image, seen in halves),
        "repeats": max(repeats(truth, image, seen) for image, seen in halves),
    }
