"""The gradient against central finite differences, factor by factor: a wrong one is named.

Along random directions within one variable's block, at the start, two points near it and those that are given, with two step sizes. Along
d (each element +1 or -1 times its size) the analytic slope of factor f is the sum of df/dq_i d_i; the numeric one is
(f(q + h d) - f(q - h d)) / 2h. Several directions, so that no error of one coordinate cancels against another.

What a finite difference cannot know is no error. The rounding noise of each factor is measured and taken off the
disagreement (JAX evaluates some functions in single precision: nothing that could be assumed). Of the two steps the one that agrees better counts: the
larger suffers from curvature, the smaller from rounding. At a kink (the one-sided slopes differ, whatever the step)
any slope between the two is right.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from faultline.engine.factors import Factors
from faultline.engine.layout import Block

POINTS = 3
STEPS = (1e-5, 1e-7)
"""In units of max(1, |value|). Curvature costs h², rounding eps/h: 1e-5 is near the best of both for a function of
size 1; 1e-7 serves a function that bends within 1e-4, as a direction normalised with a tiny floor does."""

DIRECTIONS = 4
NEAR = 0.05
"""Standard deviation of the nearby points, in units of max(1, |value|)."""

FAR = 0.1
"""A step that shows whether a factor with no gradient at all follows the variable after all."""

NOISE_SAMPLES = 8
NOISE_MARGIN = 3.0
"""Times the largest third difference over equally spaced points, which amplifies white noise by 4.5 (root of 20)."""

LOCATE_ABOVE = 1e-4
"""Relative errors beyond what differences leave on sound models (1e-5): worth finding the coordinate."""


def finite_differences(
    factors: Factors, *, seed: int = 0, drawn: Sequence[np.ndarray] = ()
) -> dict[str, Any]:
    """The record's ``gradient.finite_differences``.

    ``drawn``: draws, as unconstrained vectors (n,), that are points as well; ``at_draw`` in ``worst`` says that it is one of them.
    ``factors``: per factor the largest relative error over variables, directions and points, and where it is (``worst``:
    variable, point, step, analytic and numeric slope, and beyond `LOCATE_ABOVE` the element's index where the
    disagreement is largest), with the ``rounding`` that was taken off, in units of the factor. The error is relative to the largest of the two slopes and the norm of the gradient along
    the block. It is NaN where the analytic slope is, and null where no difference is finite. ``zero_gradient`` lists
    factors that change when a variable moves by `FAR`, though their gradient by it is exactly 0 at every point, also after
    the move (a rounding, a comparison): an error of 1.
    """
    rng = np.random.default_rng(seed)
    start = _start(factors, seed)
    size = np.maximum(1.0, np.abs(start))
    points = [
        start,
        *(start + NEAR * size * rng.standard_normal(start.size) for _ in range(POINTS - 1)),
        *drawn,
    ]
    slopes = [row for i, point in enumerate(points) for row in _at_point(factors, i, point, rng)]
    rows = [_worst(factors, f, points, slopes) for f in range(len(factors.names))]
    zero = _zero_gradient(factors, points, slopes)
    for found in zero:
        _blame(rows[factors.names.index(found["factor"])], found)
    known = [row["max_relative_error"] for row in rows if row["max_relative_error"] is not None]
    return {
        "points": len(points),
        "steps": list(STEPS),
        "directions": DIRECTIONS,
        "factors": rows,
        "max_relative_error": float(np.max(known)) if known else None,
        "zero_gradient": zero,
    }


def _start(factors: Factors, seed: int) -> np.ndarray:
    """The initial point, or one close by where the model is not smooth at that very point."""
    start = factors.layout.vector()
    if np.isfinite(factors.totals(start)).all() and np.isfinite(factors.jacobian(start)).all():
        return start
    return next(iter(factors.points(1, seed=seed, spread=FAR)), start)


@dataclass
class _Slope:
    """Slopes of all factors along one direction at one point; arrays by factor, `numeric` by step and factor."""

    point: int
    block: Block
    direction: np.ndarray
    analytic: np.ndarray
    numeric: np.ndarray
    error: np.ndarray
    far: np.ndarray
    zero: np.ndarray
    noise: np.ndarray


def _at_point(factors: Factors, index: int, point: np.ndarray, rng: np.random.Generator) -> Iterator[_Slope]:
    jacobian, centre = factors.jacobian(point), factors.totals(point)
    noise = _noise(factors, point, centre, rng)
    for block in factors.layout.blocks:
        part = jacobian[:, block.slice]
        for direction in _directions(block, point, rng):
            step = direction[block.slice]
            yield _compare(factors, index, point, block, direction, part @ step, part * step, centre, noise)


def _directions(block: Block, point: np.ndarray, rng: np.random.Generator) -> Iterator[np.ndarray]:
    # A scalar has one direction, up to its sign.
    for _ in range(min(DIRECTIONS, block.size)):
        direction = np.zeros(point.size)
        signs = rng.choice([-1.0, 1.0], block.size)
        direction[block.slice] = signs * np.maximum(1.0, np.abs(point[block.slice]))
        yield direction


def _noise(factors: Factors, point: np.ndarray, centre: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Rounding noise of each factor at `point`: third differences over a few tiny steps, which a smooth function has
    none of (Moré and Wild 2011, "Estimating computational noise").
    """
    step = STEPS[-1] * rng.choice([-1.0, 1.0], point.size) * np.maximum(1.0, np.abs(point))
    with np.errstate(invalid="ignore"):
        series = np.array([factors.totals(point + k * step) for k in range(NOISE_SAMPLES)])
        seen = np.nan_to_num(np.abs(np.diff(series, n=3, axis=0)), posinf=0.0).max(axis=0)
    return NOISE_MARGIN * np.maximum(seen, np.finfo(float).eps * np.abs(np.nan_to_num(centre, neginf=0.0)))


def _compare(
    factors: Factors,
    index: int,
    point: np.ndarray,
    block: Block,
    direction: np.ndarray,
    analytic: np.ndarray,
    parts: np.ndarray,
    centre: np.ndarray,
    noise: np.ndarray,
) -> _Slope:
    steps = np.array(STEPS)[:, None]
    with np.errstate(all="ignore"):
        ahead = np.array([factors.totals(point + h * direction) for h in STEPS])
        behind = np.array([factors.totals(point - h * direction) for h in STEPS])
        numeric = (ahead - behind) / (2 * steps)
        right, left = (ahead - centre) / steps, (centre - behind) / steps
        floor = noise / steps
        apart = np.abs(analytic - numeric)
        # A smooth function's one-sided slopes come together as the step shrinks; at a kink they stay apart.
        bend = np.abs(right - left)
        kink = (bend[1] > 0.3 * bend[0]) & (bend[1] > 2 * floor[1])
        outside = np.maximum(np.minimum(left, right) - analytic, analytic - np.maximum(left, right)).clip(
            min=0.0
        )
        apart = np.where(kink, outside, apart)
        scale = np.maximum(np.maximum(np.abs(analytic), np.abs(numeric)), np.linalg.norm(parts, axis=1))
        error = np.where(apart > floor, (apart - floor) / scale, 0.0)
        error = np.where(np.isfinite(numeric), error, np.inf).min(axis=0)
        error = np.where(np.isfinite(analytic), error, np.nan)
        far = np.abs(factors.totals(point + FAR * direction) - centre)
    zero = (parts == 0).all(axis=1)
    return _Slope(
        index, block, direction, analytic, numeric, error, np.where(far > noise, far, 0.0), zero, noise
    )


def _worst(factors: Factors, f: int, points: list[np.ndarray], slopes: list[_Slope]) -> dict[str, Any]:
    name = factors.names[f]
    known = [slope for slope in slopes if not np.isinf(slope.error[f])]
    if not known:
        return {"name": name, "max_relative_error": None}
    slope = max(known, key=lambda slope: (np.nan_to_num(slope.error[f], nan=np.inf), abs(slope.analytic[f])))
    closest = int(np.nanargmin(np.append(np.abs(slope.numeric[:, f] - slope.analytic[f]), np.inf)))
    best = min(closest, len(STEPS) - 1)
    error = float(slope.error[f])
    worst = {
        "variable": slope.block.name,
        "point": slope.point,
        "step": STEPS[best],
        "analytic": float(slope.analytic[f]),
        "numeric": float(slope.numeric[best, f]),
    }
    if slope.point >= POINTS:
        worst["at_draw"] = True
    if error > LOCATE_ABOVE and slope.block.size > 1:
        worst |= _where(factors, f, points[slope.point], slope, STEPS[best])
    return {
        "name": name,
        "max_relative_error": error,
        "n_compared": len(known),
        "rounding": float(max(slope.noise[f] for slope in slopes)),
        "worst": worst,
    }


def _where(factors: Factors, f: int, point: np.ndarray, slope: _Slope, step: float) -> dict[str, Any]:
    """``{index, labels?}`` of the element where the two slopes disagree most, by halving the direction."""
    row = factors.jacobian(point)[f]

    def disagreement(positions: np.ndarray) -> float:
        direction = np.zeros(point.size)
        direction[positions] = slope.direction[positions]
        ahead, behind = (factors.totals(point + sign * step * direction)[f] for sign in (1, -1))
        return float(np.nan_to_num(abs(row @ direction - (ahead - behind) / (2 * step)), nan=np.inf))

    positions = np.arange(slope.block.start, slope.block.stop)
    while positions.size > 1:
        positions = max(np.array_split(positions, 2), key=disagreement)
    return slope.block.place(int(positions[0]))


def _zero_gradient(factors: Factors, points: list[np.ndarray], slopes: list[_Slope]) -> list[dict[str, Any]]:
    found = []
    for block in factors.layout.blocks:
        along = [slope for slope in slopes if slope.block is block]
        far = np.nan_to_num([slope.far for slope in along], posinf=0.0)
        candidates = np.all([slope.zero for slope in along], axis=0) & (far > 0).any(axis=0)
        for f in np.flatnonzero(candidates):
            slope = along[int(far[:, f].argmax())]
            # Past a hinge the gradient is there again: flat where it started, and no fault.
            there = factors.jacobian(points[slope.point] + FAR * slope.direction)[f, block.slice]
            if (there == 0).all():
                found.append(
                    {
                        "factor": factors.names[f],
                        "variable": block.name,
                        "point": slope.point,
                        "step": FAR,
                        "change": float(far[:, f].max()),
                    }
                )
    return found


def _blame(row: dict[str, Any], zero: dict[str, Any]) -> None:
    """No slope where there is one: a relative error of 1."""
    if (row["max_relative_error"] or 0.0) < 1.0:
        row["max_relative_error"] = 1.0
        row["worst"] = {
            "variable": zero["variable"],
            "point": zero["point"],
            "step": FAR,
            "analytic": 0.0,
            "numeric": zero["change"] / FAR,
        }
