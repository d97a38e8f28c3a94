"""Patches put together: how large the canvas is, and the average where they overlap."""

from __future__ import annotations

from typing import Any

import numpy as np

from faultline.cases.ptycho.illumination import disc
from faultline.cases.ptycho.scene import OFFSET, N, corners

JITTER = 2  # pixels, of the positions, that the old canvas allows for


def padded_size(gridsize: int, n: int = N, offset: int = OFFSET, jitter: int = JITTER) -> int:
    """The side of the canvas in the older code, which knows of no offsets but those within a region of a grid."""
    return n + (gridsize - 1) * offset + jitter


def required_size(offsets: np.ndarray, n: int = N) -> int:
    """The side of the smallest canvas, of the same parity as ``n``, that holds all patches at these distances from its center."""
    size = int(np.ceil(n + 2 * np.abs(offsets).max()))
    return size + (size - n) % 2


def stitched(
    patches: np.ndarray, offsets: np.ndarray, size: int, merge_mask: str
) -> tuple[np.ndarray, np.ndarray]:
    """The average of patches (frames, n, n) at offsets (frames, 2) from the center of a canvas, and the weights, (size, size) each.

    What lies outside of the canvas is lost, and where nothing lies the average is 0. Patches are weighed by the disc of the
    probe's mask; the weights that they are divided by are the same if ``merge_mask`` is ``"alike"``, else ones.
    """
    n = patches.shape[-1]
    weight = disc().astype(float)
    divisor = weight if merge_mask == "alike" else np.ones_like(weight)
    total, weights = np.zeros((size, size), patches.dtype), np.zeros((size, size))
    for patch, (y, x) in zip(patches, corners(offsets, n) + size // 2, strict=True):
        here = slice(max(y, 0), max(min(y + n, size), 0)), slice(max(x, 0), max(min(x + n, size), 0))
        there = tuple(slice(each.start - at, each.stop - at) for each, at in zip(here, (y, x), strict=True))
        if all(each.stop > each.start for each in here):
            total[here] += weight[there] * patch[there]
            weights[here] += divisor[there]
    average = np.divide(total, weights, out=np.zeros_like(total), where=weights > 0)
    return average, weights


def kept(offsets: np.ndarray, size: int, n: int = N) -> float:
    """The share of the pixels of patches at these offsets (frames, 2) that lie on the canvas: that of a stitched sum of ones."""
    first = corners(offsets, n) + size // 2
    inside = np.clip(np.minimum(first + n, size) - np.maximum(first, 0), 0, None)
    return float(np.prod(inside, axis=1).sum() / (len(offsets) * n * n))


def on_object(canvas: np.ndarray, size: int) -> np.ndarray:
    """The canvas, cut to the object's size or filled up with zeros around it; their centers coincide."""
    found = np.zeros((size, size), canvas.dtype)
    shift = size // 2 - len(canvas) // 2
    here = slice(max(shift, 0), min(shift + len(canvas), size))
    there = slice(here.start - shift, here.stop - shift)
    found[here, here] = canvas[there, there]
    return found


def summary(offsets: np.ndarray, size: int, gridsize: int, across: int) -> dict[str, Any]:
    """The canvas in use, the old and the required one, and what is kept; the same where offsets (2, frames, 2) are counted from
    the corner of an object of side ``across``."""
    origin, required = offsets + across / 2, required_size(offsets)
    return {
        "size": size,
        "padded_size": padded_size(gridsize),
        "required_size": required,
        "max_offset": float(np.abs(offsets).max()),
        "fits_canvas": bool(size >= required),
        "kept": kept(offsets.reshape(-1, 2), size),
        "from_origin": {
            "max_offset": float(np.abs(origin).max()),
            "required_size": required_size(origin),
            "kept": kept(origin.reshape(-1, 2), size),
        },
    }
