"""Whether the density falls off far away: along each variable, over powers of ten of its spread.

A density that keeps rising has no posterior: a sign lost in a penalty, a scale that can run to 0 on data without spread.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from faultline.engine.conditional import Conditional

DECADES = 6
"""Powers of ten of a variable's spread to which a line goes."""

DIRECTIONS = 4


def far(
    density: Conditional, start: np.ndarray, spread: np.ndarray, *, seed: int = 0
) -> list[dict[str, Any]]:
    """``[{variable, rise, decades, factor, kind, factor_rise, profile}]``: directions in which the density has risen and still rises.

    From `start` (n,) in units of `spread` (n,). ``rise`` is the change of the log-probability at the last distance where it
    is finite, ``factor`` the one that rises most there, ``kind`` whether that is a prior, observed or a potential; ``profile``
    holds the change at 10, 100, ... times the spread.
    """
    rng = np.random.default_rng(seed)
    model, names = density.factors.model, density.factors.names
    potentials = {potential.name for potential in model.potentials}
    observed = {rv.name for rv in model.observed_RVs}
    first = density.totals(start)
    found: dict[str, dict[str, Any]] = {}
    for block in density.layout.blocks:
        for k in range(DIRECTIONS):
            direction = np.zeros(start.size)
            signs = rng.choice([-1.0, 1.0], block.size) if k > 1 else np.full(block.size, 1.0 - 2 * k)
            direction[block.slice] = signs * spread[block.slice]
            with np.errstate(all="ignore"):
                rows = (
                    np.array([density.totals(start + 10.0**d * direction) for d in range(1, DECADES + 1)])
                    - first
                )
            joint = np.where(np.isneginf(rows).any(axis=1), -np.inf, rows.sum(axis=1))
            known = np.flatnonzero(np.isfinite(joint))
            if known.size < 2 or known[-1] + 1 < known.size or not joint[known[-1]] > joint[known[-2]] > 0:
                continue
            last = known[-1]
            name = names[int(rows[last].argmax())]
            row = {
                "variable": block.name,
                "rise": float(joint[last]),
                "decades": int(last + 1),
                "factor": name,
                "kind": "potential" if name in potentials else "observed" if name in observed else "prior",
                "factor_rise": float(rows[last].max()),
                "profile": joint[: last + 1].tolist(),
            }
            if row["rise"] > found.get(block.name, {"rise": 0.0})["rise"]:
                found[block.name] = row
    return sorted(found.values(), key=lambda row: -row["rise"])
