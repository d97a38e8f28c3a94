"""Whether a potential that ties two observed variables, as a copula does, is a density together with theirs.

Without its own normaliser the posterior is proper and the sampler content, and the tie comes out too strong or too weak.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from faultline.engine.backend import PLAIN, compile_function
from faultline.engine.dominators import summands
from faultline.engine.factors import Factors, drawn_by
from faultline.probes.likelihoods import data_of
from faultline.probes.normalization import over_data

SIDE, STEPS = 9.0, 41
"""Half width of the plane of two data in standard deviations of the data, and its points on a side: smooth densities need few."""

KNOWN = 1e-3
"""Relative difference to every second point, and share of the integral that may lie beyond, up to which it counts as known."""

SHIFTS = (1.0, 3.0)
"""Spreads by which a variable of a potential between two observed ones moves."""

FEW, DEGREE, EXACT = 5, 2, 1e-9
"""Of more data than these few a polynomial of this degree reproduces an array to this relative difference only if it was made
from them: standardised, squared.
"""


def between(factors: Factors, draws: np.ndarray) -> list[dict[str, Any]]:
    """``[{name, change, variable, observed}]``: by how much the logarithm of the integral over two observed variables changes
    at least when one variable of the potential that ties them moves, and which changes it most.

    Only where these two are all the data that the potential reads, one real number each by row, without ties.
    """
    rows = []
    for potential in factors.model.potentials:
        try:
            found = _between(factors, potential, draws)
        except Exception:  # a graph that insists on its data
            continue
        rows += [{"name": potential.name, **found}] if found else []
    return rows


@dataclass(frozen=True)
class _Tied:
    """An observed variable that a potential reads: each of its `leaves` a polynomial in z, the data or their logarithm."""

    rv: Any
    in_logs: bool
    z: np.ndarray
    leaves: dict[Any, np.ndarray]

    def follows(self, leaves: list[Any], values: np.ndarray) -> bool:
        """Whether `values` are a polynomial in z; if so, their nodes are kept."""
        if values.shape != self.z.shape:
            return False
        coefficients = np.polyfit(self.z, values, DEGREE)
        if np.abs(values - np.polyval(coefficients, self.z)).max() > EXACT * np.abs(values).max():
            return False
        self.leaves.update(dict.fromkeys(leaves, coefficients))
        return True

    def graph(self, model: Any, z: Any) -> Any:
        """Log-density over z."""
        terms = over_data(model, self.rv, z.exp() if self.in_logs else z)
        return terms + z if self.in_logs else terms


def _tied(factors: Factors, terms: Any) -> list[_Tied]:
    """The observed variables whose data are all that `terms` reads; none where it reads other data too."""
    model = factors.model
    rvs = [
        rv for rv in model.observed_RVs if drawn_by(rv).ndim_supp == 0 and str(rv.dtype).startswith("float")
    ]
    data = compile_function([], [model.rvs_to_values[rv] for rv in rvs], backend=PLAIN)()
    forms = [
        _Tied(rv, in_logs, np.log(y) if in_logs else y, {})
        for rv, y in zip(rvs, data, strict=True)
        if np.unique(y).size == y.size > FEW
        for in_logs in ((False, True) if y.min() > 0 else (False,))
    ]
    for leaves, values in data_of(terms):
        used = next((tied for tied in forms if tied.follows(leaves, values)), None)
        if used is None:
            return []
    return [tied for tied in forms if tied.leaves]


def _between(factors: Factors, potential: Any, draws: np.ndarray) -> dict[str, Any] | None:
    import pytensor.tensor as pt
    from pytensor.graph.replace import clone_replace, vectorize_graph
    from pytensor.graph.traversal import ancestors

    model = factors.model
    [graph] = model.replace_rvs_by_values([potential])
    terms = summands(graph)
    both = _tied(factors, terms) if terms.ndim == 1 else []
    if len(both) != 2:
        return None
    nodes = [pt.vector() for _ in both]
    leaves = {
        leaf: sum(c * z**power for power, c in enumerate(polynomial[::-1]))
        for tied, z in zip(both, nodes, strict=True)
        for leaf, polynomial in tied.leaves.items()
    }
    total = clone_replace(terms, leaves, rebuild_strict=False)
    total = total + sum(tied.graph(model, z) for tied, z in zip(both, nodes, strict=True))
    outputs, vector = factors.layout.join(model, [total])
    batches = [pt.matrix() for _ in both]
    outputs = vectorize_graph(outputs, dict(zip(nodes, batches, strict=True)))
    function = compile_function([vector, *batches], outputs, backend=PLAIN, model=model)
    side = np.linspace(-SIDE, SIDE, STEPS)
    steps = [g.reshape(-1, 1) for g in np.meshgrid(side, side, indexing="ij")]
    plane = [
        tied.z.mean() + tied.z.std() * s + np.zeros(tied.z.size) for tied, s in zip(both, steps, strict=True)
    ]

    read = set(ancestors([graph]))
    at, spread = np.median(draws, axis=0), draws.std(axis=0)
    first, changes = _log_volume(function, at, plane), {}
    if not np.isfinite(first).any():
        return None
    for block in factors.layout.blocks:
        if model.rvs_to_values[model[block.name]] not in read:
            continue
        for shift in (sign * size for size in SHIFTS for sign in (1, -1)):
            other = at.copy()
            other[block.slice] += shift * spread[block.slice]
            change = np.abs(_log_volume(function, other, plane) - first)
            if np.isfinite(change).any():
                changes[block.name] = max(float(np.nanmin(change)), changes.get(block.name, 0.0))
    if not changes:
        return None
    variable = max(changes, key=lambda name: changes[name])
    return {"change": changes[variable], "variable": variable, "observed": [tied.rv.name for tied in both]}


def _log_volume(function: Any, at: np.ndarray, plane: list[np.ndarray]) -> np.ndarray:
    """Logarithm of the integral of each row's density over the plane of its two data, up to a constant."""
    with np.errstate(all="ignore"):
        [logs] = function(at, *plane)
        top = logs.max(axis=0)
        mass = np.exp(logs - top).reshape(STEPS, STEPS, -1)
        fine, coarse = mass.sum(axis=(0, 1)), 4 * mass[::2, ::2].sum(axis=(0, 1))
        edges = sum(side.sum(axis=0) for side in (mass[0], mass[-1], mass[:, 0], mass[:, -1]))
        known = (np.abs(coarse - fine) < KNOWN * fine) & (STEPS * edges < KNOWN * fine)
        return np.where(known, top + np.log(fine), np.nan)
