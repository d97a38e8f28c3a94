"""Whether a likelihood written by hand integrates, over its data, to the same value whatever the parameters.

Of a ``pm.CustomDist`` it is known what is observed; of a potential each array of data is taken in turn for it. Every term is
integrated over its datum. Of a density the integral is the same at all parameters; where it is not, something that
depends on the parameters was left out.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from faultline.engine.backend import PLAIN, compile_function, over_draws
from faultline.engine.dominators import summands
from faultline.engine.factors import Factors

REACH, GRID = 40.0, 8001
"""Half width of the integral, in standard deviations of the data, and its points."""

SHIFTS = (3.0, 10.0)
"""Spreads by which a variable moves: the integral must not change at all."""

AT_ONCE = 2**18
"""Data evaluated at once: their logarithms take 2 MB."""

QUADRATURE = 5e-3
"""Relative difference to every second point of the grid, and share of the integral that may lie beyond it, up to which an
integral counts as known.
"""


def change_of_integral(factors: Factors, name: str, at: np.ndarray, other: np.ndarray) -> float | None:
    """Smallest change, over arrays of data, of the logarithm of the terms' integrals between two points (n,).

    None where the potential has no terms by datum, or an integral does not exist.
    """
    from pytensor.graph.replace import clone_replace

    potential = next(p for p in factors.model.potentials if p.name == name)
    [graph] = factors.model.replace_rvs_by_values([potential])
    terms = summands(graph)
    changes = []
    for leaf, values in arrays(terms):
        if values.dtype.kind != "f":
            continue
        if values.shape != tuple(terms.type.shape) and values.size != _size(factors, terms, at):
            continue
        moved = leaf.type.clone(shape=(None,) * leaf.type.ndim)()
        try:
            outputs, vector = factors.layout.join(
                factors.model, [clone_replace(terms, {leaf: moved}, rebuild_strict=False)]
            )
            function = over_data_at_once(vector, moved, outputs, factors.model, (at, values))
            first, second = (log_integrals(function, point, values) for point in (at, other))
        except Exception:  # a graph that insists on its data
            continue
        if np.isfinite([first, second]).all():
            changes.append(float(np.abs(second - first).max()))
    return min(changes, default=None)


def custom_distributions(factors: Factors, draws: np.ndarray) -> list[dict[str, Any]]:
    """``[{name, change, variable}]``: by how much the logarithm of every term's integral changes at least, when one
    variable moves by some (`SHIFTS`) of its spreads over `draws` (m, n), and which variable changes it most.

    Only observed variables of a user's own log-density of real numbers, without ties: these may be masses at a point, as in
    a censored or inflated likelihood.
    """
    from pymc.distributions.custom import CustomDistRV

    rows = []
    at, spread = np.median(draws, axis=0), draws.std(axis=0)
    for rv in factors.model.observed_RVs:
        mine = rv.owner is not None and isinstance(rv.owner.op, CustomDistRV) and rv.owner.op.ndim_supp == 0
        if not mine or not str(rv.dtype).startswith("float"):
            continue
        try:
            changes = _changes(factors, rv, at, spread)
        except Exception:  # a log-density that refuses other data
            continue
        if changes:
            variable = max(changes, key=lambda name: changes[name])
            rows.append({"name": rv.name, "change": changes[variable], "variable": variable})
    return rows


def _changes(factors: Factors, rv: Any, at: np.ndarray, spread: np.ndarray) -> dict[str, float]:
    """Per variable the smallest change over the data of the logarithm of a term's integral."""
    model = factors.model
    [values] = compile_function([], [model.rvs_to_values[rv]], backend=PLAIN)()
    if np.unique(values).size < values.size or values.size < 2:
        return {}
    moved = rv.type.clone(shape=(None,) * rv.type.ndim)()
    outputs, vector = factors.layout.join(model, [over_data(model, rv, moved)])
    function = over_data_at_once(vector, moved, outputs, model, (at, values))
    first = log_integrals(function, at, values)
    found = {}
    for block in factors.layout.blocks:
        for shift in SHIFTS:
            other = at.copy()
            other[block.slice] += shift * spread[block.slice]
            change = np.abs(log_integrals(function, other, values) - first)
            if np.isfinite(change).all():
                found[block.name] = max(float(change.min()), found.get(block.name, 0.0))
    return found


def over_data(model: Any, rv: Any, data: Any) -> Any:
    """Log-probability of an observed variable, element by element, were these its data."""
    observed = model.rvs_to_values[rv]
    model.rvs_to_values[rv] = data
    try:
        [terms] = model.logp(vars=[rv], sum=False)
    finally:
        model.rvs_to_values[rv] = observed
    return terms


def arrays(terms: Any) -> list[tuple[Any, np.ndarray]]:
    """The arrays of data that a graph reads: (node, values)."""
    from pytensor.compile.sharedvalue import SharedVariable
    from pytensor.graph.basic import Constant
    from pytensor.graph.traversal import ancestors

    found = []
    for leaf in ancestors([terms]):
        if isinstance(leaf, Constant | SharedVariable) and getattr(leaf.type, "ndim", 0):
            values = np.asarray(leaf.data if isinstance(leaf, Constant) else leaf.get_value())
            if values.size > 1 and values.dtype.kind in "fiu":
                found.append((leaf, values))
    return found


def _size(factors: Factors, terms: Any, at: np.ndarray) -> int:
    outputs, vector = factors.layout.join(factors.model, [terms])
    return int(np.size(compile_function([vector], outputs, backend=PLAIN, model=factors.model)(at)[0]))


def over_data_at_once(
    vector: Any, moved: Any, outputs: Sequence[Any], model: Any, example: tuple[np.ndarray, np.ndarray]
) -> Callable[..., list[np.ndarray]]:
    """Compile `outputs` of a point (n,), and of data with one axis more than the node `moved` has, the first.

    `example` is a point with data.
    """
    at, values = example
    return over_draws([moved], outputs, model, fixed=[vector], example=(at, values[None]))


def log_integrals(function: Any, at: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Logarithm of the integral of each term, the function's first output, over its own datum; NaN where it is not known.

    `function` evaluates many arrays of data at once (`over_data_at_once`).
    """
    steps = np.linspace(-REACH, REACH, GRID) * max(float(values.std()), 1e-12)
    parts = np.array_split(steps, -(-GRID * values.size // AT_ONCE))
    with np.errstate(all="ignore"):
        logs = [function(at, np.add.outer(part, values))[0].reshape(len(part), -1) for part in parts]
    return integrated(np.concatenate(logs), steps)


def integrated(logs: np.ndarray, steps: np.ndarray) -> np.ndarray:
    """Logarithm of the integral (n,) of each density with logarithms (m, n) at `steps` (m,); NaN where it is not known."""
    with np.errstate(all="ignore"):
        top = logs.max(axis=0)
        fine, coarse = (np.trapezoid(np.exp(logs - top)[::k], steps[::k], axis=0) for k in (1, 2))
        beyond = np.exp(np.maximum(logs[0], logs[-1]) - top) * steps[-1]
        known = (np.abs(coarse - fine) < QUADRATURE * fine) & (beyond < QUADRATURE * fine)
        return np.where(known, top + np.log(fine), np.nan)
