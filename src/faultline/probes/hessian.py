"""The negative Hessian of the log-density by central differences of its gradient: whole, as a product, its diagonal.

All in units of the spread of each value: a standard normal gives the identity.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from faultline.engine.layout import Block

STEP = 1e-4
"""In units of a value's spread: differences of gradients lose half the digits at most."""

Gradient = Callable[[np.ndarray], np.ndarray]


def hessian(gradient: Gradient, at: np.ndarray, spread: np.ndarray) -> np.ndarray:
    """Negative Hessian (n, n) at a point, in units of the spread of each value: a standard normal gives the identity."""
    rows = []
    for i, scale in enumerate(spread):
        step = np.zeros(at.size)
        step[i] = STEP * scale
        with np.errstate(all="ignore"):
            rows.append(-(gradient(at + step) - gradient(at - step)) / (2 * STEP) * spread)
    rows = np.array(rows)
    return (rows + rows.T) / 2


def product(gradient: Gradient, at: np.ndarray, spread: np.ndarray, vector: np.ndarray) -> np.ndarray:
    """The Hessian of `hessian` at a point times a vector (n,), by one central difference."""
    longest = np.abs(vector).max()
    step = STEP / (longest or 1.0)
    with np.errstate(all="ignore"):
        ahead, behind = (gradient(at + sign * step * vector * spread) for sign in (1, -1))
        return -(ahead - behind) / (2 * step) * spread


def diagonal(
    gradient: Gradient, at: np.ndarray, spread: np.ndarray, elements: Sequence[tuple[Block, int]]
) -> np.ndarray:
    """The entries (m,) of the diagonal of `hessian` at `elements`, pairs of a variable's block and a place in the vector."""
    values = []
    for _, i in elements:
        step = np.zeros(at.size)
        step[i] = STEP * spread[i]
        with np.errstate(all="ignore"):
            values.append(-(gradient(at + step)[i] - gradient(at - step)[i]) / (2 * STEP) * spread[i])
    return np.array(values)
