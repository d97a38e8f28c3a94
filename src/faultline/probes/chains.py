"""What tells the chains of one run apart: how far each of them moves, and at what log-probability it ends."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import xarray as xr

FEWEST = 10
"""Draws in half a chain below which nothing is said of how it moves."""


def movement(posterior: xr.Dataset) -> list[float | None]:
    """How far each chain moves from draw to draw, relative to the most that any other part of the run does.

    Of every value and either half of each chain: the median distance of successive draws, divided by the largest of all
    other halves; then the median over the values, and the smaller one of a chain's halves. Chains of one distribution
    stay close to 1, whatever the scales of the values; medians, because a heavy tail decides means.
    """
    parts = [
        v.transpose("chain", "draw", ...).values.reshape(v.sizes["chain"], v.sizes["draw"], -1)
        for v in posterior.values()
        if v.dtype.kind == "f"
    ]
    n_chains, n_draws = posterior.sizes["chain"], posterior.sizes["draw"]
    if not parts or n_draws // 2 < FEWEST:
        return [None] * n_chains
    values = np.concatenate(parts, axis=2)
    with np.errstate(all="ignore"):
        steps = np.stack(
            [
                np.abs(np.diff(half, axis=1))
                for half in (values[:, : n_draws // 2], values[:, -(n_draws // 2) :])
            ],
            axis=1,
        )
        moves = np.median(steps, axis=2).reshape(2 * n_chains, -1)
    moves = moves[:, np.isfinite(moves).all(axis=0) & (moves.max(axis=0) > 0)]
    if not moves.shape[1]:
        return [None] * n_chains
    ratios = []
    for part in range(2 * n_chains):
        others = np.delete(moves, part, axis=0).max(axis=0)
        with np.errstate(divide="ignore"):
            ratios.append(float(np.median(moves[part] / others)))
    # One half may be all that moves.
    return [float(min(pair)) for pair in np.reshape(ratios, (n_chains, 2))]


def levels(stats: xr.Dataset, *, last: bool = False) -> list[float | None]:
    """Mean log-density of each chain, or of its last half: it tells chains in different places apart."""
    name = next((name for name in ("lp", "logp") if name in stats), None)
    if name is None:
        return []
    density = stats[name].transpose("chain", "draw").values
    means = density[:, density.shape[1] // 2 if last else 0 :].mean(axis=1)
    return [float(mean) if np.isfinite(mean) else None for mean in means]
