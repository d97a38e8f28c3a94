"""Parameters that a prior lets leave their domain: a scale that may be negative, a probability beyond 1.

PyMC's distributions carry the conditions on their parameters as checks in the graph of the log-probability, which
samplers see as -inf. The checks are evaluated here at draws from the prior.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import numpy as np

from faultline.engine.backend import PLAIN, compile_function, compile_mode
from faultline.engine.draws import unconstrained
from faultline.engine.factors import Factors

DRAWS = 100


def domains(factors: Factors, *, seed: int = 0) -> list[dict[str, Any]]:
    """``[{factor, requires, variables, violated, n}]``: conditions that depend on free variables.

    ``violated`` is the share of `n` draws from the prior at which the condition does not hold somewhere, ``variables`` the
    free variables that it depends on. Without those that depend on a variable whose prior cannot be drawn from: a Flat one, or one
    that a draw of the others puts out of its domain.
    """
    conditions = list(_conditions(factors))
    points = prior_points(factors, DRAWS, seed=seed) if conditions else None
    if points is None and conditions:
        drawn = _can_be_drawn(factors, seed)
        conditions = [row for row in conditions if set(row["variables"]) <= drawn]
        points = prior_points(factors, DRAWS, seed=seed, only=drawn) if conditions else None
    if points is None:
        return []
    outputs, vector = factors.layout.join(factors.model, [row["holds"] for row in conditions])
    function = compile_function([vector], outputs, backend=PLAIN, model=factors.model)
    with np.errstate(all="ignore"):
        held = np.array([[bool(value) for value in function(point)] for point in points])
    return [
        {
            **{key: row[key] for key in ("factor", "requires", "variables")},
            "violated": float(1 - held[:, i].mean()),
            "n": len(points),
        }
        for i, row in enumerate(conditions)
    ]


def prior_points(
    factors: Factors, count: int, *, seed: int = 0, only: Collection[str] | None = None
) -> np.ndarray | None:
    """Draws from the prior as unconstrained vectors (count, n); None where the prior has no draws.

    With `only` the variables of these names are drawn, and all others stay at the start.
    """
    import pymc as pm
    import xarray as xr

    model = factors.model
    chosen = [rv for rv in model.free_RVs if only is None or rv.name in only]
    try:
        drawn = pm.draw(chosen, draws=count, random_seed=seed, mode=compile_mode(PLAIN))
        values = {
            rv.name: (("chain", "draw", *(f"{rv.name}_{i}" for i in range(v.ndim - 1))), v[None])
            for rv, v in zip(chosen, map(np.asarray, drawn), strict=True)
        }
        space = unconstrained(xr.Dataset(values), model, chosen)
    except Exception:  # Flat, a custom distribution without draws, parameters out of their domain
        return None
    points = np.tile(factors.layout.vector(), (count, 1))
    for block in factors.layout.blocks:
        if block.name in space:
            points[:, block.slice] = space[block.name][0].reshape(count, -1)
    # Draws that a transform refuses (unordered ones of an ordered variable) are none of this prior.
    return points if np.isfinite(points).all() else None


def _can_be_drawn(factors: Factors, seed: int) -> set[str]:
    """Names of the free variables whose prior has draws, each with all that it reads."""
    import pymc as pm

    found = set()
    for rv in factors.model.free_RVs:
        try:
            pm.draw(rv, draws=DRAWS, random_seed=seed, mode=compile_mode(PLAIN))
        except Exception:  # as above
            continue
        found.add(rv.name)
    return found


def _conditions(factors: Factors):
    """The checks of parameters in each factor, with the free variables that they depend on."""
    import pytensor.tensor as pt
    from pymc.logprob.utils import CheckParameterValue
    from pytensor.graph.traversal import ancestors, apply_ancestors

    model = factors.model
    values = {value: model.values_to_rvs[value].name for value in model.continuous_value_vars}
    for name, graph in zip(factors.names, factors.graphs, strict=True):
        for node in apply_ancestors([graph]):
            if not isinstance(node.op, CheckParameterValue):
                continue
            checks = node.inputs[1:]
            needed = [values[v] for v in dict.fromkeys(ancestors(checks)) if v in values]
            if needed:
                holds = pt.all(pt.stack([pt.all(check) for check in checks]))
                yield {"factor": name, "requires": node.op.msg, "variables": needed, "holds": holds}
