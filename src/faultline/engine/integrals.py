"""A function integrated over two coordinates at once, both given along one path: over y = g(z), and over z.

The path is x = centre + sinh(u): it reaches far on both sides and is fine in the middle. Intervals that hold
much of either integral are halved until none does, as are those around the largest value, so that a narrow
peak is found.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

REACH, GRID = 27.0, 1001
"""The path: u from -REACH to REACH (x to 3e11), GRID points to begin with."""

ROUNDS, SHARE = 40, 2e-3
"""Rounds of halving; an interval with more than this share of an integral is halved."""

TAIL = np.log(1e-3)
"""An integrable tail ends this far below the largest contribution per unit of u: 1/t² has by then fallen far
more, 1/t not at all.
"""

Along = Callable[[np.ndarray], np.ndarray]
"""x (M,) -> columns y, z, log f (M, 3)."""


@dataclass(frozen=True)
class Path:
    """`u` (M,), ascending, and there y, z and log f, each (M,): only where y and z are finite and log f is
    not NaN.
    """

    u: np.ndarray
    y: np.ndarray
    z: np.ndarray
    log_f: np.ndarray

    def integral(self, t: np.ndarray) -> tuple[float | None, bool]:
        """Of f over `t` (`y` or `z`), None where it has none; and whether it has: both tails decay."""
        mass = _contributions(t, self.log_f)
        if not mass.size or np.isneginf(mass).all():
            return None, False
        density = mass - np.log(np.diff(self.u))
        proper = bool(max(density[0], density[-1]) < density.max() + TAIL)
        return (float(np.exp(np.logaddexp.reduce(mass))) if proper else None), proper

    def one_to_one(self) -> bool:
        """Monotone up to rounding, where z moves."""
        if self.u.size < 3:
            return False
        steps = np.diff(self.y) * np.sign(np.diff(self.z))
        floor = 1e-12 * np.maximum(np.abs(self.y[1:]), np.abs(self.y[:-1]))
        return bool((steps >= -floor).all() or (steps <= floor).all()) and bool((steps != 0).any())

    def linear(self) -> bool:
        near = np.abs(self.u) < 2
        z, y = self.z[near], self.y[near]
        if z.size < 3:
            return False
        return bool(np.abs(y - np.polyval(np.polyfit(z, y, 1), z)).max() <= 1e-9 * np.ptp(y))

    def symmetric(self, normalised: bool) -> bool:
        """Whether f is even about its peak in y. A peak at the end of the domain, with slope 0, may be the
        middle of an even function too, unless the half that is there integrates to 1 by itself.
        """
        order = np.argsort(self.y)
        y, log_f = self.y[order], self.log_f[order]
        top = int(np.argmax(log_f))
        levels = log_f[top] - np.array([0.5, 1.0, 2.0])
        right = np.interp(-levels, -log_f[top:], y[top:], left=np.nan, right=np.nan)
        left = np.interp(levels, log_f[: top + 1], y[: top + 1], left=np.nan, right=np.nan)
        if np.isfinite(left).all() and np.isfinite(right).all():
            return bool(np.ptp(left + right) / 2 < 1e-2 * (right - left).min())
        side = right if np.isfinite(right).all() else left
        # From a middle with slope 0 the drop grows with the square of the distance.
        distance = np.abs(side - y[top])
        return not normalised and bool(np.isclose(distance[1] / distance[0], np.sqrt(2), rtol=0.02))


def follow(along: Along, centre: float) -> Path:
    """The path through `centre`, refined where f is large."""
    u = np.linspace(-REACH, REACH, GRID)
    rows = along(centre + np.sinh(u))
    for _ in range(ROUNDS):
        path = _usable(u, rows)
        more = _halves(path)
        if not more.size:
            break
        at = np.searchsorted(u, more)
        u, rows = np.insert(u, at, more), np.insert(rows, at, along(centre + np.sinh(more)), axis=0)
    return _usable(u, rows)


def _usable(u: np.ndarray, rows: np.ndarray) -> Path:
    y, z, log_f = rows.T
    # A rounded end of a domain, where a density with a pole is infinite, is no part of it.
    good = np.isfinite(y) & np.isfinite(z) & ~np.isnan(log_f) & (log_f < np.inf)
    return Path(u[good], y[good], z[good], log_f[good])


def _contributions(t: np.ndarray, log_f: np.ndarray) -> np.ndarray:
    """Log of the trapezium over each interval of `t`."""
    with np.errstate(divide="ignore"):
        return np.logaddexp(log_f[1:], log_f[:-1]) + np.log(np.abs(np.diff(t)) / 2)


def _halves(path: Path) -> np.ndarray:
    """Middles of the intervals worth halving."""
    if path.u.size < 3:
        return np.zeros(0)
    chosen = np.zeros(path.u.size - 1, dtype=bool)
    for t in (path.y, path.z):
        mass = _contributions(t, path.log_f)
        total = np.logaddexp.reduce(mass)
        if np.isfinite(total):
            chosen |= mass > total + np.log(SHARE)
    top = int(np.argmax(path.log_f))
    if np.abs(np.diff(path.log_f[max(top - 1, 0) : top + 2])).max() > 0.05:
        chosen[max(top - 1, 0) : top + 1] = True
    wide = np.diff(path.u) > 1e-9 * np.maximum(1.0, np.abs(path.u[1:]))
    return (path.u[:-1] + np.diff(path.u) / 2)[chosen & wide]
