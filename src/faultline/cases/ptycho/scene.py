"""What is imaged: the object, where the beam stands in each frame, and the patch of the object that it lights."""

from __future__ import annotations

import numpy as np
from scipy.ndimage import gaussian_filter

N = 16  # pixels of a frame and of a patch, on each side
SIZE = 40  # of the object
LINES = 60
BLURS = ((1, 0.7), (2, 2.0), (5, 4.0))  # weight and standard deviation in pixels
MEAN = 2.708  # of the object's amplitude
BUFFER = 0.35  # the share of the object, on each side, where no frame is centered
OFFSET = 1  # pixels between the frames of one region of a grid
# A square that fades to nothing, wider than the probe, so that frames in its middle receive no light at all.
BLANK, FADING, NOTHING = slice(4, 24), 1.0, 0.999


def lines(rng: np.random.Generator, size: int = SIZE) -> np.ndarray:
    """Random blurred segments (size, size), real and positive, drawn in a field twice as wide; their mean is `MEAN`."""
    field = 2 * size
    drawn = np.zeros((field, field))
    for _ in range(LINES):
        ends = rng.integers(0, field, (2, 2))
        number = np.abs(ends[1] - ends[0]).max() + 1
        y, x = np.round(np.linspace(ends[0], ends[1], number)).astype(int).T
        drawn[y, x] = 1
    blurred = sum(weight * gaussian_filter(drawn, deviation) for weight, deviation in BLURS)
    inside = slice((field - size) // 2, (field + size) // 2)
    cropped = blurred[inside, inside]
    return cropped * MEAN / cropped.mean()


def with_blank(amplitude: np.ndarray) -> np.ndarray:
    """The object with a square that fades, over a few pixels, to exactly nothing."""
    square = np.zeros_like(amplitude)
    square[BLANK, BLANK] = 1
    faded = gaussian_filter(square, FADING)
    return np.where(faded > NOTHING, 0.0, amplitude * (1 - faded))


def phase(rng: np.random.Generator, size: int = SIZE) -> np.ndarray:
    """A smooth phase (size, size) whose largest absolute value is 1."""
    smooth = gaussian_filter(rng.standard_normal((size, size)), 4)
    return smooth / np.abs(smooth).max()


def positions(
    rng: np.random.Generator, scan: str, images: int, gridsize: int, size: int = SIZE
) -> tuple[np.ndarray, np.ndarray]:
    """Row and column (images, 2) of the centers of the frames, whole pixels, and the number (images,) of each one's region.

    Without a grid they are uniform over the part of the object that is no buffer, and each is a region. A ``"grid"`` is a raster
    over the same part, of regions with ``gridsize`` x ``gridsize`` frames that are `OFFSET` pixels apart.
    """
    low = round(BUFFER * size)
    high = size - low
    if scan == "nongrid":
        return rng.integers(low, high + 1, (images, 2)).astype(float), np.arange(images)
    inside = OFFSET * np.stack(np.meshgrid(*2 * [np.arange(gridsize)], indexing="ij"), -1).reshape(-1, 2)
    regions = images // len(inside)
    across = int(np.ceil(np.sqrt(regions)))
    at = np.arange(regions)
    steps = np.linspace(low, high - OFFSET * (gridsize - 1), across).round()
    down = np.linspace(low, high - OFFSET * (gridsize - 1), max(-(-regions // across), 1)).round()
    corners = np.stack([down[at // across], steps[at % across]], -1)
    found = (corners[:, None] + inside).reshape(-1, 2)
    return found.astype(float), np.repeat(at, len(inside))


def corners(places: np.ndarray, n: int = N) -> np.ndarray:
    """The first row and column (..., 2) of the patch around each place; its center is pixel n // 2."""
    return np.round(places).astype(int) - n // 2


def patches(image: np.ndarray, places: np.ndarray, n: int = N) -> np.ndarray:
    """The patches (frames, n, n) of an image around places (frames, 2)."""
    return np.stack([image[y : y + n, x : x + n] for y, x in corners(places, n)])
