"""Whether a likelihood written by hand has all its terms, whatever the posterior looks like: counts, and terms outside a sum.

A term that belongs to every datum and stands outside the sum, once for all of them, leaves no trace in the draws but a
wrong answer. With it inside, the terms integrate to the same value at all parameters, and as written they do not. The same
holds of the probabilities of counts, which must add up. Neither is a matter of taste, as a penalty is.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from faultline.engine.backend import PLAIN, compile_function
from faultline.engine.dominators import summands
from faultline.engine.factors import Factors
from faultline.probes.normalization import arrays, log_integrals, over_data, over_data_at_once

INTEGRALS, SUMS = 12, 120
"""Values of the parameters at which integrals, and sums over counts, are compared: drawn three times as wide as the
posterior. Sums need more, since they leave weights free.
"""

LARGEST, LARGEST_COUNT = 1000, 300
"""Data, and counts among them, beyond which nothing is measured."""

NOTHING = 20.0
"""Log-probability below that of the likeliest count at which a sum over counts may end."""

SUMMED = 20
"""Data of which counts are summed over."""


def outside(factors: Factors, draws: np.ndarray, seed: int = 0) -> list[dict[str, Any]]:
    """``[{name, as_written, inside}]``: potentials with a term outside the sum over their data.

    `as_written` is the change, over parameters around `draws` (m, n), of the logarithm of a datum's integral with the datum's
    share of that term; `inside` with the whole term in it. Counts are summed over with the weights that change it least, for a
    likelihood of counts may leave out what depends on them alone. Of several arrays of data the smallest changes.
    """
    points = _around(draws, seed)
    found = []
    for potential in factors.model.potentials:
        [graph] = factors.model.replace_rvs_by_values([potential])
        changes = []
        for split in _splits(graph):
            try:
                changes.append(_changes(factors, *split, points))
            except Exception:  # a graph that insists on its data
                continue
        known = [change for change in changes if np.isfinite(change).all()]
        if known:
            as_written, inside = np.min(known, axis=0)
            found.append({"name": potential.name, "as_written": float(as_written), "inside": float(inside)})
    return found


def custom_counts(factors: Factors, draws: np.ndarray, seed: int = 0) -> list[dict[str, Any]]:
    """``[{name, change}]``: of observed counts with a user's own log-density the change, over parameters around `draws` (m, n), of
    the logarithm of a datum's sum over counts, with the weights that change it least.
    """
    from pymc.distributions.custom import CustomDistRV

    model, points = factors.model, _around(draws, seed)
    found = []
    for rv in model.observed_RVs:
        if not (isinstance(rv.owner.op, CustomDistRV) and rv.owner.op.ndim_supp == 0 and rv.ndim == 1):
            continue
        if str(rv.dtype).startswith("float"):
            continue
        try:
            [values] = compile_function([], [model.rvs_to_values[rv]], backend=PLAIN)()
            moved = rv.type.clone(shape=(None,))()
            outputs, vector = factors.layout.join(model, [over_data(model, rv, moved)])
            function = over_data_at_once(vector, moved, outputs, model, (points[0], values))
            tables = _tables(function, points, values, LARGEST_COUNT)
        except Exception:  # a log-density that refuses other data
            continue
        within = [table[_ends(table)] for table in tables]
        changes = [_misfit(table) for table in within if len(table) >= len(points) // 3]
        if changes:
            found.append({"name": rv.name, "change": max(changes)})
    return found


def _ends(table: np.ndarray) -> np.ndarray:
    """Which points (of points, counts) leave nothing to counts beyond the table."""
    with np.errstate(invalid="ignore"):
        return table[:, -1] < np.nanmax(table, axis=1) - NOTHING


def _around(draws: np.ndarray, seed: int) -> np.ndarray:
    """Points (`SUMS`, n) three times as wide as draws (m, n)."""
    rng = np.random.default_rng(seed)
    return np.median(draws, axis=0) + 3 * draws.std(axis=0) * rng.normal(size=(SUMS, draws.shape[1]))


def _splits(graph: Any) -> Iterator[tuple[Any, Any, list[Any], np.ndarray]]:
    """(terms by datum, what stands outside their sum, the data's nodes, the data), per array of data."""
    from pytensor.graph.traversal import ancestors

    sums, scalars = _parts(graph)
    if not (sums and scalars) or any(s.ndim != 1 or s.type.shape != sums[0].type.shape for s in sums):
        return
    terms, rest = sum(sums[1:], sums[0]), sum(scalars[1:], scalars[0])
    known = set(ancestors([rest]))
    for leaves, values in data_of(terms):
        if values.ndim == 1 and not known.intersection(leaves):
            yield terms, rest, leaves, values


def _parts(graph: Any, sign: float = 1.0) -> tuple[list[Any], list[Any]]:
    """What is summed over, and the scalars beside it."""
    from pytensor.graph.basic import Constant
    from pytensor.scalar import Add, Mul, Neg, Sub
    from pytensor.tensor.elemwise import Elemwise

    inner = summands(graph)
    if inner is not graph:
        return [sign * inner], []
    node = graph.owner
    scalar = node.op.scalar_op if node and isinstance(node.op, Elemwise) and graph.ndim == 0 else None
    if isinstance(scalar, Add | Sub | Neg):
        signs = [sign] * len(node.inputs)
        signs[-1] *= 1.0 if isinstance(scalar, Add) else -1.0
        both = [_parts(i, s) for i, s in zip(node.inputs, signs, strict=True)]
        return [s for sums, _ in both for s in sums], [s for _, scalars in both for s in scalars]
    if isinstance(scalar, Mul):
        numbers = [i for i in node.inputs if isinstance(i, Constant)]
        others = [i for i in node.inputs if i not in numbers]
        if len(others) == 1:
            return _parts(others[0], sign * float(np.prod([n.data for n in numbers])))
    return [], [sign * graph]


def _changes(
    factors: Factors, terms: Any, rest: Any, leaves: list[Any], values: np.ndarray, points: np.ndarray
) -> tuple[float, float]:
    """Change of the logarithm of a datum's integral with its share of `rest`, and with all of it."""
    from pytensor.graph.replace import clone_replace

    moved = leaves[0].type.clone(shape=(None,))()
    over = clone_replace(terms, dict.fromkeys(leaves, moved), rebuild_strict=False)
    (over, rest), vector = factors.layout.join(factors.model, [over, rest])
    rest_at = compile_function([vector], [rest], backend=PLAIN, model=factors.model)
    function = over_data_at_once(vector, moved, [over], factors.model, (points[0], values))
    if np.shape(function(points[0], values[None])[0]) != (1, *values.shape):
        return np.nan, np.nan
    shares = (1 / values.size, 1.0)
    if values.dtype.kind == "f":
        points = points[:INTEGRALS]
        logs = np.array([log_integrals(function, at, values) for at in points])
        beside = np.array([rest_at(at)[0] for at in points])[:, None]
        used, by_whole = (float(np.ptp(logs + share * beside, axis=0).max()) for share in shares)
    else:
        tables = _tables(function, points, values)
        beside = np.array([rest_at(at)[0] for at in points])[:, None]
        used, by_whole = (max(_misfit(table + share * beside) for table in tables) for share in shares)
    return used, by_whole


def _tables(function: Any, points: np.ndarray, values: np.ndarray, least: int = 0) -> np.ndarray:
    """Terms (data, points, counts) of some data, each at every count (at `least` so many)."""
    counts = np.arange(max(2 * int(values.max()) + 2, least))
    if values.min() < 0 or counts.size > LARGEST_COUNT:
        raise ValueError("no counts")
    chosen = np.unique(np.linspace(0, values.size - 1, SUMMED).astype(int))
    with np.errstate(all="ignore"):
        data = np.repeat(counts[:, None], values.size, axis=1).astype(values.dtype)
        rows = [function(at, data)[0][:, chosen] for at in points]
    return np.moveaxis(np.array(rows), 2, 0)


def _misfit(table: np.ndarray) -> float:
    """Change of the logarithm of the sum over counts of a table (points, counts), with the weights that make it smallest."""
    from scipy.optimize import nnls

    usable = table[:, (table < np.inf).all(axis=0) & (table > -np.inf).any(axis=0)]
    scaled = np.exp(usable - usable.max(axis=0))
    weights, _ = nnls(scaled, np.ones(len(scaled)), maxiter=100 * scaled.shape[1])
    return float(np.ptp(np.log(np.maximum(scaled @ weights, 1e-300))))


def data_of(terms: Any) -> Iterator[tuple[list[Any], np.ndarray]]:
    """The graph's arrays of data, nodes with equal values together: what was written twice is one array."""
    found: list[tuple[list[Any], np.ndarray]] = []
    for leaf, values in arrays(terms):
        if values.size > LARGEST:
            continue
        same = next((leaves for leaves, other in found if np.array_equal(values, other)), None)
        if same is None:
            found.append(([leaf], values))
        else:
            same.append(leaf)
    yield from found
