"""What tells the chains of one run apart: how far each of them moves, and at what log-probability it ends."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import xarray as xr

FEWEST = 10
"""Draws in half a chain below which nothing is said of how it moves."""


def movement(posterior: xr.Dataset) -> list[dict[str, Any] | None]:
    """How far each chain moves from draw to draw, relative to the most that any other part of the run does.

    Of every value and either half of each chain: the median distance of successive draws, divided by the largest of all
    other halves. ``moves`` is the median of that over the values, the smaller one of a chain's halves; ``least`` names the
    variable whose own median is smallest, and ``least_moves`` is that. Chains of one distribution stay close to 1, whatever
    the scales of the values; medians, because a heavy tail decides means. None where there are too few draws.
    """
    n_chains, n_draws = posterior.sizes["chain"], posterior.sizes["draw"]
    found = {
        str(name): ratios
        for name, v in posterior.items()
        if v.dtype.kind == "f" and n_draws // 2 >= FEWEST and (ratios := _ratios(v)).size
    }
    if not found:
        return [None] * n_chains
    # (chain, half)
    whole = np.median(np.concatenate(list(found.values()), axis=1), axis=1).reshape(n_chains, 2).min(axis=1)
    by_name = {name: np.median(r, axis=1).reshape(n_chains, 2).min(axis=1) for name, r in found.items()}
    least = [min(by_name, key=lambda name, chain=chain: by_name[name][chain]) for chain in range(n_chains)]
    return [
        {"moves": float(whole[chain]), "least": name, "least_moves": float(by_name[name][chain])}
        for chain, name in enumerate(least)
    ]


def _ratios(drawn: xr.DataArray) -> np.ndarray:
    """For either half of each chain (2 per chain) and each value that moves: its step relative to the largest elsewhere."""
    values = drawn.transpose("chain", "draw", ...).values
    n_chains, n_draws = values.shape[:2]
    values = values.reshape(n_chains, n_draws, -1)
    halves = (values[:, : n_draws // 2], values[:, -(n_draws // 2) :])
    with np.errstate(all="ignore"):
        steps = np.stack([np.abs(np.diff(half, axis=1)) for half in halves], axis=1)
        moves = np.median(steps, axis=2).reshape(2 * n_chains, -1)
        moves = moves[:, np.isfinite(moves).all(axis=0) & (moves.max(axis=0) > 0)]
        # One half may be all that moves.
        return np.stack([m / np.delete(moves, part, axis=0).max(axis=0) for part, m in enumerate(moves)])


def levels(stats: xr.Dataset, *, last: bool = False) -> list[float | None]:
    """Mean log-density of each chain, or of its last half: it tells chains in different places apart."""
    name = next((name for name in ("lp", "logp") if name in stats), None)
    if name is None:
        return []
    density = stats[name].transpose("chain", "draw").values
    means = density[:, density.shape[1] // 2 if last else 0 :].mean(axis=1)
    return [float(mean) if np.isfinite(mean) else None for mean in means]
