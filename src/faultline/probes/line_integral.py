"""Whether a gradient adds up: along a line, its integral is the change of the log-probability.

One look for a gradient of the wrong size or sign, one that leaves something out, and one that is 0 on the treads of a staircase. It
names nothing; finite differences do, factor by factor.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

LENGTH = 0.2
"""Of a line, in units of max(1, |value|): steps of rounded numbers are shorter than that, or do not matter."""

NODES = 24
"""Points of the Gauss-Legendre quadrature: exact for polynomials of degree 47."""

OFF = 0.05
"""Share of the integral of the slope's size by which the two differ."""


def adds_up(
    function: Callable[[np.ndarray], tuple[float, np.ndarray]], points: Sequence[np.ndarray], seed: int = 0
) -> bool | None:
    """Whether on most lines through `points` (n,) the gradient (n,) integrates to the change; None where too few are finite."""
    rng = np.random.default_rng(seed)
    differences = []
    for point in points:
        way = LENGTH * np.maximum(1.0, np.abs(point)) * rng.choice((-1.0, 1.0), point.size)
        found = _difference(function, point, way)
        if np.isfinite(found):
            differences.append(found)
    return bool(np.median(differences) < OFF) if len(differences) > len(points) / 2 else None


def _difference(
    function: Callable[[np.ndarray], tuple[float, np.ndarray]], point: np.ndarray, way: np.ndarray
) -> float:
    """Of the integral and the change, relative; NaN where more nodes give another integral: too few resolve the slope."""

    def integrals(n_nodes: int) -> tuple[float, float]:
        nodes, weights = np.polynomial.legendre.leggauss(n_nodes)
        slopes = np.array([np.asarray(function(point + t / 2 * way)[1]) @ way for t in nodes])
        return float(weights @ slopes / 2), float(weights @ np.abs(slopes) / 2)

    with np.errstate(all="ignore"):
        change = float(function(point + way / 2)[0]) - float(function(point - way / 2)[0])
        integral, size = integrals(NODES)
        # A staircase has no slope to compare with: what it changes by is all that is missing.
        scale = max(size, abs(change), 1e-3)
        found = abs(change - integral) / scale
        if found >= OFF and not abs(integrals(2 * NODES)[0] - integral) < OFF * scale:
            return float("nan")
        return found
