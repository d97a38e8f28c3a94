"""Parameterisations that are singular at the start, and variables whose length nothing reads.

A direction u / |u| has no gradient at u = 0, where PyMC starts a normal variable. And wherever it starts, its
length is left to its prior: the density is constant along every ray, and bends ever faster towards 0.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from faultline.layout import Block
from faultline.probes.factors import Factors

POINTS = 3
"""Random points at which each finding must hold."""

JITTER = 1.0
"""Half width of the uniform moves from the start, as PyMC's own jitter."""

INVARIANT = 1e-5
"""Change of a factor along the ray over its change by a random move: a small floor in the norm leaves 1e-6,
rounding less.
"""

FLAT = 1e-4
"""Slope along the ray over the gradient's and the vector's norms: 1e-7 in single precision, 0.1 for any other
variable.
"""

ROUNDING = 1e-13
"""Of an element, relative."""

STRETCH = 1.7


def singular(factors: Factors, seed: int = 0) -> dict[str, Any]:
    """``{"start": {"finite"}, "variables": [...]}``; a row only for variables with a finding.

    ``start_nonfinite``: factors whose value or gradient is not finite with this variable at its start, at
    every one of several random values of the others; ``nearby_finite``: those of them that are finite, at
    every one, once this variable is moved too.

    ``radial``, null if there is none: the ``factors`` (all that read the variable, its own prior aside) do
    not change when it is stretched, though they change when it moves. ``axis``: of the vectors whose length
    is free (null: the whole array), ``n``: how many, ``size``: of each. ``max_relative_change`` is the change
    along the ray over that by a random move, ``max_relative_radial_slope`` the slope along the ray over the
    norms of gradient and vector. Only for variables without a transform.
    """
    if not factors.names:
        return {"start": {"finite": True}, "variables": []}
    start, rng = factors.layout.vector(), np.random.default_rng(seed)
    moved = [start + rng.uniform(-JITTER, JITTER, start.size) for _ in range(POINTS)]
    with np.errstate(all="ignore"):
        rows = [
            {"name": block.name, **_at_start(factors, block, start, moved), "radial": radial}
            for block in factors.layout.blocks
            for radial in [_radial(factors, block, moved, rng)]
        ]
        finite = bool(_finite(factors, start, slice(None)).all())
    return {
        "start": {"finite": finite},
        "variables": [row for row in rows if row["start_nonfinite"] or row["radial"]],
    }


def _finite(factors: Factors, point: np.ndarray, part: slice) -> np.ndarray:
    """Per factor: whether its value, and its gradient by the `part`, is finite."""
    return np.isfinite(factors.totals(point)) & np.isfinite(factors.jacobian(point)[:, part]).all(axis=1)


def _at_start(factors: Factors, block: Block, start: np.ndarray, moved: list[np.ndarray]) -> dict[str, Any]:
    here = []
    for point in moved:
        held = point.copy()
        held[block.slice] = start[block.slice]
        here.append(_finite(factors, held, block.slice))
    bad = ~np.any(here, axis=0)
    if not bad.any():
        return {"start_nonfinite": [], "nearby_finite": []}
    near = bad & np.all([_finite(factors, point, block.slice) for point in moved], axis=0)
    return {
        "start_nonfinite": [factors.names[f] for f in np.flatnonzero(bad)],
        "nearby_finite": [factors.names[f] for f in np.flatnonzero(near)],
    }


def _radial(
    factors: Factors, block: Block, moved: list[np.ndarray], rng: np.random.Generator
) -> dict[str, Any] | None:
    rv = factors.model[block.name]
    if block.size < 2 or factors.model.rvs_to_transforms[rv] is not None:
        return None
    others = np.array([name != block.name for name in factors.names])
    usable = [point for point in moved if _finite(factors, point, block.slice)[others].all()]
    if not usable:
        return None
    moves = [
        _change(factors, point, _moved(point, block, rng.uniform(-JITTER, JITTER, block.size)))
        for point in usable
    ]
    size, noise = np.max(moves, axis=0)
    readers = np.flatnonzero(others & (size > 0))
    slopes = np.max([np.abs(factors.jacobian(point)[:, block.slice]).max(axis=1) for point in usable], axis=0)
    # A factor that hardly follows the variable, beside its rounding, or has no slope there, says nothing
    # about a ray.
    vague = (noise > INVARIANT * size) | (slopes == 0)
    if not readers.size or vague[readers].any():
        return None
    for axis, stretch in _stretches(block, rng):
        changes = [
            _change(factors, p, _moved(p, block, p[block.slice] * (stretch - 1)))[0][readers] for p in usable
        ]
        share = (np.max(changes, axis=0) / size[readers]).max()
        slope = max(_slope(factors, block, p, axis, readers) for p in usable)
        if share < INVARIANT and slope < FLAT:
            length = block.size if axis is None else block.shape[axis]
            return {
                "factors": [factors.names[f] for f in readers],
                "axis": axis,
                "n": block.size // length,
                "size": length,
                "max_relative_change": float(share),
                "max_relative_radial_slope": slope,
            }
    return None


def _change(factors: Factors, before: np.ndarray, after: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Per factor: how much its elements change from one point to another, in all, and the rounding of those
    that do.
    """
    sizes, noises = [], []
    for old, new in zip(factors.elements(before), factors.elements(after), strict=True):
        apart, floor = np.abs(new - old), ROUNDING * np.maximum(np.abs(old), np.abs(new))
        felt = ~(apart <= floor)
        sizes.append(apart[felt].sum())
        noises.append(floor[felt].sum())
    return np.array(sizes), np.array(noises)


def _moved(point: np.ndarray, block: Block, by: np.ndarray) -> np.ndarray:
    point = point.copy()
    point[block.slice] += by
    return point


def _stretches(block: Block, rng: np.random.Generator) -> Iterator[tuple[int | None, np.ndarray]]:
    """Factors (size of the block,) that stretch every vector along an axis by its own amount, the last axis
    first; at last all of them together.
    """
    for axis in reversed(range(len(block.shape))):
        if block.shape[axis] > 1:
            lengths = [1 if i == axis else n for i, n in enumerate(block.shape)]
            amounts = STRETCH ** rng.uniform(0.5, 1.5, lengths)
            yield axis, np.broadcast_to(amounts, block.shape).ravel()
    if len(block.shape) > 1:
        yield None, np.full(block.size, STRETCH)


def _slope(factors: Factors, block: Block, point: np.ndarray, axis: int | None, readers: np.ndarray) -> float:
    """Largest slope along a ray, relative to the largest that this gradient and the vector's length allow."""
    vectors = point[block.slice].reshape(block.shape)
    gradients = factors.jacobian(point)[readers][:, block.slice].reshape(-1, *block.shape)
    axes = tuple(range(len(block.shape))) if axis is None else (axis,)
    along = np.abs((gradients * vectors).sum(axis=tuple(a + 1 for a in axes)))
    sizes = np.sqrt((gradients**2).sum(axis=tuple(a + 1 for a in axes)) * (vectors**2).sum(axis=axes))
    return float(np.where(sizes > 0, along / np.where(sizes > 0, sizes, 1.0), 0.0).max())
