"""Which variable bends which: where the curvature of one value depends on another one, as in a funnel, no scale fits."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from faultline.engine.layout import Block, Layout
from faultline.probes.domains import prior_points
from faultline.probes.hessian import Gradient, diagonal

if TYPE_CHECKING:
    from faultline.engine.conditional import Conditional

BEND_POINTS = 8
"""Draws at which pairs of variables are compared."""

PRIOR_DRAWS = 200
"""Draws of the prior that tell how far its values spread."""

STANDING, PAIRS = 4, 30
"""Elements of a variable that stand for it where pairs of variables are compared, and elements in all at most (two each, at
least)."""

TAIL = 1 / 12
"""Share of the draws at each end of a range."""


def bends(layout: Layout, gradient: Gradient, points: np.ndarray, spread: np.ndarray) -> list[dict[str, Any]]:
    """Pairs of variables in which one sets the scale of the other, the strongest first.

    The median over `points` of the change of the logarithm of an element's curvature, per spread of the other's element.
    """
    each = max(2, min(STANDING, PAIRS // max(len(layout.blocks), 1)))
    elements = [(block, i) for block in layout.blocks for i in _standing(block, spread, each)]
    slopes = np.full((len(points), len(elements), len(elements)), np.nan)
    for p, at in enumerate(points):
        for b, (_, j) in enumerate(elements):
            step = np.zeros(at.size)
            step[j] = 0.25 * spread[j]
            ahead, behind = (diagonal(gradient, at + sign * step, spread, elements) for sign in (1, -1))
            with np.errstate(all="ignore"):
                slopes[p, :, b] = np.where((ahead > 0) & (behind > 0), np.log(ahead / behind) / 0.5, np.nan)
    with np.errstate(all="ignore"):
        typical = np.nanmedian(np.abs(slopes), axis=0)
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for a, (bent, i) in enumerate(elements):
        for b, (by, j) in enumerate(elements):
            if bent is by or not np.isfinite(typical[a, b]):
                continue
            row = {
                "by": by.name,
                **by.place(j, "by_"),
                "bent": bent.name,
                **bent.place(i, "bent_"),
                "slope": float(typical[a, b]),
            }
            known = found.get((by.name, bent.name))
            if known is None or row["slope"] > known["slope"]:
                found[by.name, bent.name] = row
    return sorted(found.values(), key=lambda row: -row["slope"])


def bends_in_prior(density: Conditional, *, seed: int = 0) -> list[dict[str, Any]]:
    """`bends` of the prior alone at draws from it; empty where the prior has no draws."""
    points = prior_points(density.factors, PRIOR_DRAWS, seed=seed)
    if points is None:
        return []
    free = {rv.name for rv in density.factors.model.free_RVs}
    look = density.look(drop=[name for name in density.factors.names if name not in free])
    spread = points.std(axis=0)
    return bends(
        density.layout, lambda at: look(at)[1], points[:BEND_POINTS], np.where(spread > 0, spread, 1.0)
    )


def widths(
    layout: Layout,
    gradient: Gradient,
    points: Sequence[tuple[np.ndarray, np.ndarray]],
    centred: np.ndarray,
    spread: np.ndarray,
    row: dict[str, Any],
) -> dict[str, Any]:
    """``{width, width_of_draws}``: how many times as wide one variable is at one end of the other's range as at the other end.

    The range is the middle 90 % of the draws of ``by``. ``width`` is that of the conditional standard deviation of ``bent``, all else
    being fixed: the median over `points`, each with where it is around its place; None where the density is nowhere concave.
    ``width_of_draws`` is that of the draws, whatever else they do: the mean over all elements of ``bent``, among the draws with the
    smallest and with the largest `TAIL` of ``by``.
    """
    blocks = {block.name: block for block in layout.blocks}
    by, bent = blocks[row["by"]], blocks[row["bent"]]
    i, j = by.at(row["by_index"]), bent.at(row["bent_index"])
    flat = centred.reshape(-1, centred.shape[-1])
    logs = []
    for at, around in points:
        ends = []
        for end in np.quantile(flat[:, i], (0.05, 0.95)):
            moved = at.copy()
            moved[i] += end - around[i]
            ends.append(diagonal(gradient, moved, spread, [(bent, j)])[0])
        if all(end > 0 for end in ends):  # False for a NaN, too
            logs.append(np.log(ends[1] / ends[0]) / 2)
    tails = flat[:, i] <= np.quantile(flat[:, i], TAIL), flat[:, i] >= np.quantile(flat[:, i], 1 - TAIL)
    with np.errstate(all="ignore"):
        first, last = (
            np.log(np.ptp(np.quantile(flat[tail][:, bent.slice], (0.1, 0.9), axis=0), axis=0))
            for tail in tails
        )
    drawn = np.abs((last - first).mean())
    return {
        "width": float(np.exp(np.abs(np.median(logs)))) if logs else None,
        "width_of_draws": float(np.exp(drawn)) if np.isfinite(drawn) else None,
    }


def _standing(block: Block, spread: np.ndarray, each: int) -> list[int]:
    if block.size <= each:
        return list(range(block.start, block.stop))
    order = block.start + np.argsort(spread[block.slice])
    return sorted(int(i) for i in order[np.linspace(0, block.size - 1, each).astype(int)])
