"""Values of discrete variables that no draw moved because the rest of the model leaves them no other value."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from faultline.criteria.thresholds import EXPECTED_VISITS
from faultline.engine.backend import PLAIN, compile_function, compile_mode
from faultline.engine.draws import unconstrained

if TYPE_CHECKING:
    import pymc as pm
    import xarray as xr

PLACES = 3
"""Draws, as far apart as there are, at which other values are tried."""

PRIOR_DRAWS = 200
"""Draws of the prior that say which other values there are."""

MOST = 20_000
"""Evaluations of the log-probability, more of which are not worth it."""


def determined(model: pm.Model, posterior: xr.Dataset) -> dict[str, int]:
    """How many values of each discrete variable stood still in all `posterior` draws because they are determined.

    Such a value is the same in every chain, and all others, those that the prior draws and its neighbours, are together too improbable at
    the draws tried (given all other variables) to be visited as often as `EXPECTED_VISITS` in as many draws. Variables without any are left out.
    """
    import pymc as pm

    sizes = posterior.sizes["chain"] * posterior.sizes["draw"]
    still = {}
    for value in model.discrete_value_vars:
        drawn = posterior[model.values_to_rvs[value].name].transpose("chain", "draw", ...).values
        flat = drawn.reshape(sizes, -1)
        still[value] = np.flatnonzero(np.ptp(flat, axis=0) == 0) if flat.size else np.zeros(0, int)
    still = {value: elements for value, elements in still.items() if elements.size}
    if not still:
        return {}
    logp = compile_function(model.value_vars, [model.logp()], backend=PLAIN, model=model)
    points = _points(model, posterior)
    found, spent = {}, 0
    for value, elements in still.items():
        rv, count = model.values_to_rvs[value], 0
        try:
            seen = np.unique(pm.draw(rv, draws=PRIOR_DRAWS, random_seed=0, mode=compile_mode(PLAIN)))
        except Exception:  # a parent without draws (Flat), or parameters out of their domain
            continue
        for element in elements:
            own = int(points[0][value.name].ravel()[element])
            others = np.setdiff1d(np.union1d(seen, [own - 1, own + 1]), [own])
            spent += len(points) * len(others)
            if spent > MOST:
                break
            chance = max(_chance(logp, point, value.name, element, others) for point in points)
            count += chance * sizes < EXPECTED_VISITS
        if count:
            found[rv.name] = int(count)
    return found


def _points(model: pm.Model, posterior: xr.Dataset) -> list[dict[str, np.ndarray]]:
    """Values of all free variables, by value name and in the model's order, at a few draws of different chains."""
    chosen = posterior.isel(draw=[-1 - i * (posterior.sizes["draw"] // (PLACES + 1)) for i in range(PLACES)])
    moved = unconstrained(chosen, model)
    values = {}
    for value in model.value_vars:
        name = model.values_to_rvs[value].name
        values[value.name] = (
            moved[name] if name in moved else chosen[name].transpose("chain", "draw", ...).values
        )
    chains = posterior.sizes["chain"]
    return [{name: np.asarray(v[i % chains, i]) for name, v in values.items()} for i in range(PLACES)]


def _chance(
    logp: Callable[..., Any], point: dict[str, np.ndarray], name: str, element: int, others: np.ndarray
) -> float:
    """Probability of all `others` together, relative to that of the value that the point has."""
    before, total = float(logp(*point.values())[0]), 0.0
    for other in others:
        moved = point[name].copy()
        moved.flat[element] = other
        try:
            with np.errstate(all="ignore"):
                total += float(np.exp(float(logp(*(point | {name: moved}).values())[0]) - before))
        except IndexError:  # a neighbour that is no value of the variable, and indexes beyond an array's end
            continue
    return total if np.isfinite(total) else np.inf
