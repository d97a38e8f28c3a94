"""Where trajectories that diverge begin, against all other draws of the same chains.

Draws of one chain resemble each other, and so do chains that got stuck: that divergences lie together proves nothing by
itself. So their flags are shifted along their own chains, around the end and back to the start. That keeps how draws
resemble each other, how divergences follow each other, and which chains they are in; all that is lost is where they were.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from faultline.criteria.thresholds import DIVERGENCES_MIN
from faultline.engine.draws import unconstrained
from faultline.engine.layout import Layout

if TYPE_CHECKING:
    import pymc as pm
    import xarray as xr

SHIFTS = 399
"""Random shifts: the smallest probability that they can give is 1 in 400."""

CUTS = (0.1, 0.25, 0.5, 0.75, 0.9)
"""Shares of a chain's draws at which distribution functions are compared."""

BLOCK = 8_000_000
"""Comparisons of draws with cuts that are in memory at once."""


def divergence_positions(draws: xr.DataTree, model: pm.Model) -> dict[str, Any]:
    """Where divergent trajectories begin, in the unconstrained space, the most telling variable first.

    Of each variable the element (``index``) with the largest distance. ``ks`` is the Kolmogorov-Smirnov distance between
    the draws at which divergent trajectories begin and all others, at `CUTS`, each draw replaced by its rank within its
    chain; ``shift`` the difference of their means in standard deviations within chains. ``p`` is the share of random
    shifts of the flags for which the largest distance over all values of the model is at least as large.
    ``variables`` is empty below ``thresholds.DIVERGENCES_MIN`` divergences.
    """
    stats = draws["sample_stats"].to_dataset()
    if "diverging" not in stats:
        return {"n": 0, "variables": []}
    flags = stats["diverging"].transpose("chain", "draw").values.astype(bool)
    # A trajectory begins at the draw before; that of the first was made while tuning and is not kept.
    began = flags[:, 1:]
    found: dict[str, Any] = {"n": int(flags.sum()), "variables": []}
    if began.sum() < DIVERGENCES_MIN or began.all():
        return found
    space = {
        name: values[:, :-1]
        for name, values in unconstrained(draws["posterior"].to_dataset(), model).items()
        if values[0, 0].size
    }
    if not space:
        return found
    values = np.concatenate([v.reshape(*began.shape, -1) for v in space.values()], axis=2)
    distances, chance = _against_chance(values, began)
    at, blocks = 0, {block.name: block for block in Layout.of(model).blocks}
    for name, drawn in space.items():
        size = drawn[0, 0].size
        worst = int(np.argmax(distances[at : at + size]))
        found["variables"].append(
            {
                "name": name,
                **blocks[name].place(blocks[name].start + worst),
                "shift": _shift(values[:, :, at + worst], began),
                "ks": float(distances[at + worst]),
                "p": float((1 + (chance >= distances[at + worst]).sum()) / (1 + len(chance))),
            }
        )
        at += size
    found["variables"].sort(key=lambda row: (row["p"], -row["ks"]))
    return found


def _against_chance(values: np.ndarray, flags: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The distance of each value of `values` (chain, draw, n), and the largest over all of them for each random shift.

    `flags` is (chain, draw). Values of which a draw is not finite have distance 0.
    """
    from scipy.stats import rankdata

    n_chains, n_draws, n = values.shape
    rng = np.random.default_rng(0)
    by = np.concatenate([np.zeros((1, n_chains), int), rng.integers(n_draws, size=(SHIFTS, n_chains))])
    index = (np.arange(n_draws) - by[:, :, None]) % n_draws
    shifted = np.stack([flags[c][index[:, c]] for c in range(n_chains)], axis=1).astype(np.float32)
    flat, n_flags = shifted.reshape(len(by), -1), flags.sum()
    cuts = np.array(CUTS)[:, None, None, None]
    observed, chance = np.zeros(n), np.zeros(SHIFTS)
    width = max(1, BLOCK // (flags.size * len(CUTS)))
    for start in range(0, n, width):
        block = values[:, :, start : start + width]
        usable = np.isfinite(block).all(axis=(0, 1))
        ranks = (rankdata(np.where(usable, block, 0.0), axis=1) - 0.5) / n_draws
        below = (ranks < cuts).astype(np.float32).reshape(len(CUTS), flags.size, -1)
        # Of all draws and of the flagged ones: what is left are the others.
        share = (flat @ below) / n_flags - below.mean(axis=1, keepdims=True)
        distance = np.abs(share).max(axis=0) * flags.size / (flags.size - n_flags) * usable
        observed[start : start + width] = distance[0]
        chance = np.maximum(chance, distance[1:].max(axis=1, initial=0.0))
    return observed, chance


def _shift(values: np.ndarray, flags: np.ndarray) -> float | None:
    """Difference of means of one value (chain, draw), in standard deviations within its chains."""
    centred = values - values.mean(axis=1, keepdims=True)
    spread = float(np.sqrt((centred**2).mean()))
    if not spread > 0:
        return None
    return float((centred[flags].mean() - centred[~flags].mean()) / spread)
