"""Chains in different places: which variables set them apart, and whether the model cannot tell the places apart.

A symmetry is tested on the density itself: where exchanging two elements along an axis (of every variable with that
axis, or of some), or changing the sign of some variables, leaves it as it was, the modes are equivalent.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from faultline.criteria.thresholds import CHAINS_APART
from faultline.engine.layout import Block, Layout

EQUAL = 1e-8
"""Relative difference of two log-densities that only rounding explains."""

DRAWS_TRIED, ON_THE_WAY = 60, 15
"""Draws of each of two places from which the nearest two are taken, and points of the line between these."""

BLOCKS_TOGETHER = 2
"""Variables changed together, at most, where not all with the same axis are."""


def modes(
    layout: Layout, logp: Callable[[np.ndarray], float], positions: np.ndarray, lp: np.ndarray
) -> dict[str, Any]:
    """From draws `positions` (chain, draw, n) and their log-densities `lp` (chain, draw).

    ``variables``: per variable the largest distance between two chains (``apart``, in standard deviations within chains)
    and the number of values that far apart. ``places``: number of different places. ``valley``: how far the log-density falls on
    the straight way between two of them, at most; null for one place. ``symmetries``: changes of variables
    that leave the density unchanged at several draws, with what kind, and whether they carry one place into another.
    """
    within, means, distance = _distances(positions)
    rows = []
    for block in layout.blocks:
        part = distance[:, :, block.slice].max(axis=(0, 1)) if block.size else np.zeros(1)
        rows.append(
            {
                "name": block.name,
                "apart": float(part.max()),
                "n": int((part > CHAINS_APART).sum()),
                "size": block.size,
            }
        )
    labels = _labels(distance.max(axis=2))
    symmetries = [
        {
            "kind": kind,
            "names": [b.name for b in blocks],
            "axis": axis,
            "separates": _separates(blocks, means, within, change),
        }
        for kind, blocks, axis, change in _symmetries(layout)
        if _unchanged(logp, positions, change)
    ]
    return {
        "variables": sorted(rows, key=lambda row: -row["apart"]),
        "places": len(set(labels)),
        "chains": labels,
        "valley": _valley(logp, positions, labels, within),
        "lp": [float(value) for value in lp.mean(axis=1)],
        "lp_spread": float(np.sqrt(lp.var(axis=1).mean())),
        "symmetries": _smallest(symmetries),
    }


def places(positions: np.ndarray) -> int:
    """In how many different places the chains of `positions` (chain, draw, n) are."""
    return len(set(_labels(_distances(positions)[2].max(axis=2))))


def _distances(positions: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Standard deviations within chains (n,), means of chains (chain, n), and how many of these lie between two (chain, chain, n)."""
    within = np.sqrt(positions.var(axis=1).mean(axis=0))
    means = positions.mean(axis=1)
    with np.errstate(all="ignore"):
        return within, means, np.abs(means[:, None] - means[None]) / np.where(within > 0, within, np.inf)


def _labels(distance: np.ndarray) -> list[int]:
    """A label per chain: chains closer than `CHAINS_APART` share one."""
    labels = list(range(len(distance)))
    for a, b in itertools.combinations(range(len(distance)), 2):
        if distance[a, b] <= CHAINS_APART:
            labels = [labels[a] if label == labels[b] else label for label in labels]
    return labels


def _valley(
    logp: Callable[[np.ndarray], float], positions: np.ndarray, labels: list[int], within: np.ndarray
) -> float | None:
    """The deepest fall between the nearest draws of two places; along a ridge there is none."""
    scale = np.where(within > 0, within, 1.0)
    places = [
        np.concatenate([chain for chain, label in zip(positions, labels, strict=True) if label == place])
        for place in sorted(set(labels))
    ]
    places = [draws[np.linspace(0, len(draws) - 1, DRAWS_TRIED).astype(int)] for draws in places]
    falls = []
    for here, there in itertools.combinations(places, 2):
        distance = (((here[:, None] - there[None]) / scale) ** 2).sum(axis=2)
        i, j = np.unravel_index(distance.argmin(), distance.shape)
        way = [here[i] + share * (there[j] - here[i]) for share in np.linspace(0, 1, ON_THE_WAY)]
        height = np.nan_to_num([logp(at) for at in way], nan=-np.inf)
        falls.append(float(min(height[0], height[-1]) - height.min()))
    return max(falls, default=None)


Change = Callable[[np.ndarray], np.ndarray]


def _symmetries(layout: Layout) -> Iterator[tuple[str, list[Block], int | None, Change]]:
    """Exchanges of two neighbouring elements along the first or last axis, and changes of sign."""
    by_length: dict[tuple[int, int], list[Block]] = {}
    for block in layout.blocks:
        for axis in {0, len(block.shape) - 1} if block.shape else ():
            if 1 < block.shape[axis] <= 12:
                by_length.setdefault((block.shape[axis], axis if axis == 0 else -1), []).append(block)
    for (_, axis), blocks in by_length.items():
        for some in _subsets(blocks):
            yield "exchange", some, axis, lambda v, some=some, axis=axis: _exchanged(v, some, axis)
            # The share of the first of two is 1 minus the other's: the sign of its logit.
            for share in layout.blocks if blocks[0].shape[axis] == 2 else ():
                if share not in some:
                    yield (
                        "exchange",
                        [*some, share],
                        axis,
                        lambda v, some=some, axis=axis, share=share: _negated(
                            _exchanged(v, some, axis), [share]
                        ),
                    )
    for some in _subsets(layout.blocks):
        yield "sign", some, None, lambda v, some=some: _negated(v, some)


def _subsets(blocks: Any) -> Iterator[list[Block]]:
    blocks = list(blocks)
    sizes = {size for size in range(1, BLOCKS_TOGETHER + 1) if size <= len(blocks)} | {len(blocks)}
    for size in sorted(sizes):
        yield from (list(some) for some in itertools.islice(itertools.combinations(blocks, size), 60))


def _exchanged(vector: np.ndarray, blocks: list[Block], axis: int) -> np.ndarray:
    changed = vector.copy()
    for block in blocks:
        values = np.moveaxis(vector[block.slice].reshape(block.shape), axis, 0)
        order = [1, 0, *range(2, len(values))]
        changed[block.slice] = np.moveaxis(values[order], 0, axis).ravel()
    return changed


def _negated(vector: np.ndarray, blocks: list[Block]) -> np.ndarray:
    changed = vector.copy()
    for block in blocks:
        changed[block.slice] = -vector[block.slice]
    return changed


def _unchanged(logp: Callable[[np.ndarray], float], positions: np.ndarray, change: Change) -> bool:
    """Whether the density is the same after the change, at a draw of each chain, and the change is one."""
    for chain in positions:
        at = chain[len(chain) // 2]
        other = change(at)
        before, after = logp(at), logp(other)
        if np.allclose(at, other) or not abs(before - after) <= EQUAL * max(1.0, abs(before)):
            return False
    return True


def _separates(blocks: list[Block], means: np.ndarray, within: np.ndarray, change: Change) -> bool:
    """Whether the change leads out of the place where a chain is."""
    touched = np.concatenate([np.arange(b.start, b.stop) for b in blocks])
    moved = np.array([change(mean) for mean in means])
    with np.errstate(all="ignore"):
        distance = np.abs(moved - means)[:, touched] / np.where(within > 0, within, np.inf)[touched]
    return bool((distance.max(axis=1) > CHAINS_APART).any())


def _smallest(symmetries: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Those that no smaller one explains."""
    found: list[dict[str, Any]] = []
    for row in symmetries:
        names = set(row["names"])
        if not any(other["kind"] == row["kind"] and set(other["names"]) <= names for other in found):
            found.append(row)
    return found
