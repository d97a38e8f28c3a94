"""Whether a variable with a flat prior is held by anything: along lines far out from a draw, does the density fall off?

On almost every line through a posterior the density integrates to something finite, so that far out it falls faster than 1 over
the distance. Where it does not, there is no posterior: separated classes, a logarithm of a scale under a flat prior.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from faultline.criteria.thresholds import FALLS_OFF, STILL_REACHED
from faultline.engine.conditional import Conditional
from faultline.engine.factors import has_flat_prior
from faultline.engine.layout import Block

DISTANCES = 10.0 ** np.arange(2, 11)
"""How far lines go, in the sampler's units or in spreads of the draws, whichever is longer."""

LOGARITHMS = 10.0 * 2 ** np.arange(7)
"""How far they go along the logarithm of a positive variable, which overflows beyond 709."""

LAST = 3
"""Steps at the end of a line over which the density must not fall off."""

ELEMENTS, APART = 50, 4
"""Elements of a variable that are moved alone, and draws, the furthest from the start, towards which all flat ones are moved."""


def endless(
    density: Conditional, start: np.ndarray, draws: np.ndarray, spread: np.ndarray
) -> list[dict[str, Any]]:
    """``[{names, fall, profile, distances, logarithm}]``: lines from `start` (n,) along which the density does not fall off, one a variable.

    `draws` (m, n) say where chains went, `spread` (n,) how wide. ``profile`` is the change of the log-probability at each of
    the ``distances``, ``fall`` by how much it falls at most per power of ten in a last step; ``names`` are the variables that move,
    all with a flat prior, or with ``logarithm`` the logarithms of such. First those that do so alone.
    """
    from pymc.logprob.transforms import LogTransform

    model = density.factors.model
    transforms = {rv.name: model.rvs_to_transforms[rv] for rv in model.free_RVs if has_flat_prior(rv)}
    flat = [block for block in density.layout.blocks if block.name in transforms]
    first, found = density.totals(start).sum(), {}
    for logarithm in (False, True):
        blocks = [b for b in flat if isinstance(transforms[b.name], LogTransform) == logarithm]
        for moved, direction in _directions(blocks, start, draws):
            names = tuple(block.name for block in moved)
            if names in found:
                continue
            widest = max(1.0, *(float(spread[block.slice].max()) for block in moved))
            distances = LOGARITHMS if logarithm else DISTANCES * widest
            with np.errstate(all="ignore"):
                profile = np.array([density.totals(start + t * direction).sum() for t in distances]) - first
                falls = (-np.diff(profile) / np.diff(np.log10(distances)))[-LAST:]
            if np.isfinite(profile).all() and profile.min() > STILL_REACHED and falls.max() < FALLS_OFF:
                row = {"names": list(names), "fall": float(falls.max()), "logarithm": logarithm}
                found[names] = {**row, "profile": profile.tolist(), "distances": distances.tolist()}
    return sorted(found.values(), key=lambda row: len(row["names"]))


def _directions(
    blocks: list[Block], start: np.ndarray, draws: np.ndarray
) -> Iterator[tuple[list[Block], np.ndarray]]:
    """Variables that move, and the line: elements alone, a variable as a whole, and all towards where chains have been."""
    for block in blocks:
        whole = np.zeros(start.size)
        whole[block.slice] = 1.0
        lines = [whole]
        if 1 < block.size <= ELEMENTS:
            lines += [(np.arange(start.size) == i).astype(float) for i in range(block.start, block.stop)]
        for line in lines:
            yield [block], line
            yield [block], -line
    if not blocks:
        return
    kept = np.concatenate([np.arange(block.start, block.stop) for block in blocks])
    away = np.zeros_like(draws)
    away[:, kept] = draws[:, kept] - start[kept]
    length = np.abs(away).max(axis=1)
    for i in np.argsort(-length)[:APART]:
        if length[i] > 0:
            yield blocks, away[i] / length[i]
