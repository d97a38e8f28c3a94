"""Whether counts or classes put an end to a variable: along lines far out, does their likelihood ever fall again?

Where a line through the predictors separates two classes, or a group has no event at all, the likelihood rises as coefficients run
away together and has no maximum. How far chains go is then for the prior to say.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from faultline.criteria.thresholds import FITS_BETTER, FITS_WORSE
from faultline.engine.conditional import Conditional
from faultline.engine.layout import Block
from faultline.probes.build import reads
from faultline.probes.prior_data_conflict import top_level

DISTANCES = 10.0 ** np.arange(7)
"""How far lines go, in units of how far the draw is, or of the spread."""

ELEMENTS, FURTHEST = 50, 4
"""Elements of a variable that are moved alone, and draws, the furthest from the start, towards which all variables are moved."""

ROUNDING = 1e-9
"""Log-probability, relative to the first, by which rounding may let it fall."""


def unheld(
    density: Conditional, start: np.ndarray, draws: np.ndarray, spread: np.ndarray
) -> list[dict[str, Any]]:
    """``[{names, distances, profile, logarithm}]``: lines from `start` (n,) along which the likelihood of discrete data never falls.

    `draws` (m, n) say where chains went, `spread` (n,) how wide. Variables move whose prior reads no other and that the likelihood
    reads. ``profile`` is the change of the log-likelihood at ``distances``; ``names`` are the variables without which it would fall,
    one line for each set of them, those of one variable first.
    """
    model, names = density.factors.model, density.factors.names
    data = [rv.name for rv in model.observed_RVs if str(rv.dtype).startswith(("int", "uint", "bool"))]
    read_by, top = reads(model), {rv.name for rv in top_level(model)}
    read = {name for factor in data for name in read_by[factor]} & top
    blocks = [block for block in density.layout.blocks if block.name in read]
    theirs = np.array([name in data for name in names])

    def profile(direction: np.ndarray) -> np.ndarray:
        with np.errstate(all="ignore"):
            rows = [density.totals(start + t * direction)[theirs].sum() for t in (0.0, *DISTANCES)]
        return np.array(rows[1:]) - rows[0]

    found: dict[frozenset[str], dict[str, Any]] = {}
    for moved, direction in _directions(blocks, start, draws, spread):
        line = profile(direction)
        if not _rises(line):
            continue
        needed = [
            block.name for block in moved if len(moved) == 1 or _falls(profile(_without(direction, block)))
        ]
        if needed:
            about = {
                "names": needed,
                "distances": DISTANCES.tolist(),
                "profile": line.tolist(),
                "logarithm": False,
            }
            found.setdefault(frozenset(needed), about)
    return sorted(found.values(), key=lambda row: len(row["names"]))


def _rises(line: np.ndarray) -> bool:
    steps = np.diff(np.concatenate([[0.0], line]))
    return bool(np.isfinite(line).all() and (steps >= -ROUNDING).all() and line[-1] >= FITS_BETTER)


def _falls(line: np.ndarray) -> bool:
    return not np.isfinite(line[-1]) or line[-1] < -FITS_WORSE


def _without(direction: np.ndarray, block: Block) -> np.ndarray:
    kept = direction.copy()
    kept[block.slice] = 0.0
    return kept


def _directions(
    blocks: list[Block], start: np.ndarray, draws: np.ndarray, spread: np.ndarray
) -> Iterator[tuple[list[Block], np.ndarray]]:
    """Variables that move, and by how much: elements alone, either way, and all towards where chains have been."""
    for block in blocks:
        for i in range(block.start, min(block.stop, block.start + ELEMENTS)):
            for sign in (1.0, -1.0):
                line = np.zeros(start.size)
                line[i] = sign * spread[i]
                yield [block], line
    if len(blocks) < 2:
        return
    kept = np.concatenate([np.arange(block.start, block.stop) for block in blocks])
    away = np.zeros_like(draws)
    away[:, kept] = draws[:, kept] - start[kept]
    length = np.abs(away / spread).max(axis=1)
    for i in np.argsort(-length)[:FURTHEST]:
        if length[i] > 0:
            yield blocks, away[i]
