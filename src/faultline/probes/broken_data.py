"""Data that make a term not finite: NaN, an infinity, or whole numbers that wrapped around before the model saw them.

Each is tried: with a number in that element's place the term is finite there, or it is not the reason. What a term masks out,
and the infinite bounds of a truncated distribution, leave it finite and are no matter.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

import numpy as np

from faultline.engine.backend import PLAIN, compile_function
from faultline.engine.factors import Factors
from faultline.engine.names import axes, place
from faultline.probes.redrawn import data_in, leaves, leaves_among
from faultline.targets.observed_data import called

WIDTHS = (8, 16, 32)
"""Bits of the types of whole numbers that data are kept in and that are soon too small."""

WRAPPED = "wrapped"


def broken_data(factors: Factors, name: str, vector: np.ndarray) -> list[dict[str, Any]]:
    """``[{array, observed, index, labels?, value, kind, n, size}]``: arrays that make the factor `name` not finite at `vector` (n,).

    ``kind`` is ``missing`` (NaN), ``infinite`` or ``wrapped`` (negative where whole numbers of a small type are large), `n` of
    ``size`` elements are so, the first of them at ``index``. ``array`` is what the array is called, null where Python does not
    know it any more. Of several arrays those that matter alone; if none does, all of them together.
    """
    [graph] = factors.graphs_of([name])
    own, written = set(factors.model.rvs_to_values.values()), _written(factors, name)
    tried = [
        (leaf, *found)
        for leaf in leaves(graph)
        # The log-probability has arithmetic on constants done: that is no datum, though it may be made of a wrong one.
        if leaf in own or leaf in written or any(_same(data_in(leaf), data_in(other)) for other in written)
        for found in _mended(data_in(leaf))
    ]
    rows = [
        (leaf, leaf in own, wrong, kind) for leaf, wrong, kind in _breaking(factors, graph, tried, vector)
    ]
    rows = rows or [(leaf, False, wrong, kind) for leaf, wrong, kind in _before_arithmetic(factors, name)]
    return [_row(factors, *row) for row in rows]


def _written(factors: Factors, name: str) -> list[Any]:
    """The data that the term reads, as the model was written."""
    from pytensor.graph.traversal import ancestors

    variable = factors.variables[factors.names.index(name)]
    others = [rv for rv in factors.model.basic_RVs if rv is not variable]
    return leaves_among(ancestors([variable], blockers=others))


def _same(first: np.ndarray, second: np.ndarray) -> bool:
    return first.size == second.size and np.array_equal(
        first.ravel().astype(float), second.ravel().astype(float), equal_nan=True
    )


Tried = tuple[Any, np.ndarray, np.ndarray, str]


def _breaking(
    factors: Factors, graph: Any, tried: list[Tried], vector: np.ndarray
) -> list[tuple[Any, np.ndarray, str]]:
    """Those of the data `tried` (leaf, mended, where, kind) that make fewer elements of `graph` finite than they would mended."""
    if not tried:
        return []
    before = _n_broken(factors, graph, {}, vector)
    chosen = [row for row in tried if _n_broken(factors, graph, {row[0]: row[1]}, vector) < before]
    if not chosen and _n_broken(factors, graph, {leaf: new for leaf, new, *_ in tried}, vector) < before:
        chosen = tried
    return [(leaf, wrong, kind) for leaf, _, wrong, kind in chosen]


def _before_arithmetic(factors: Factors, name: str) -> list[tuple[Any, np.ndarray, str]]:
    """Whole numbers that wrapped around, and of which the model's own arithmetic on data alone makes something not finite."""
    from pytensor.graph.traversal import explicit_graph_inputs, toposort

    variable = factors.variables[factors.names.index(name)]
    others = [rv for rv in factors.model.basic_RVs if rv is not variable]
    for node in toposort([variable], blockers=others):
        alone = node is not variable.owner and not list(explicit_graph_inputs(node.outputs))
        if not alone or set(node.inputs) & set(others) or len(node.outputs) != 1:
            continue
        [output] = node.outputs
        tried = [
            (leaf, *found)
            for leaf in leaves(output)
            for found in _mended(data_in(leaf))
            if found[2] == WRAPPED
        ]
        if tried and (found := _breaking(factors, output, tried, factors.layout.vector())):
            return found
    return []


def _mended(data: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray, str]]:
    """What `data` would be without what may be wrong in them, where that is, and what it is."""
    if data.dtype.kind == "f":
        known = data[np.isfinite(data)]
        typical = float(np.median(known)) if known.size else 1.0
        for wrong, kind in ((np.isnan(data), "missing"), (np.isinf(data), "infinite")):
            if wrong.any():
                yield np.where(wrong, typical, data), wrong, kind
    if data.dtype.kind in "fi" and data.size > 1 and _whole(data) and data.min() < 0 < data.max():
        bits = next((n for n in WIDTHS if -(2 ** (n - 1)) <= data.min() and data.max() < 2 ** (n - 1)), None)
        if bits:
            yield np.where(data < 0, data.astype("float64") + 2.0**bits, data), data < 0, WRAPPED


def _whole(data: np.ndarray) -> bool:
    return bool(np.isfinite(data).all() and (data == np.trunc(data)).all())


def _n_broken(factors: Factors, graph: Any, replaced: dict[Any, np.ndarray], vector: np.ndarray) -> int:
    """Elements of `graph` that are not finite with other numbers in its data."""
    from pytensor.graph.replace import clone_replace

    given = {leaf: leaf.type.clone(dtype=str(new.dtype))() for leaf, new in replaced.items()}
    try:
        outputs, joined = factors.layout.join(
            factors.model, [clone_replace(graph, given, rebuild_strict=False) if given else graph]
        )
        function = compile_function([joined, *given.values()], outputs, backend=PLAIN, model=factors.model)
        return int((~np.isfinite(function(vector, *replaced.values())[0])).sum())
    except Exception:  # a graph that insists on its data
        return sys.maxsize


def _row(factors: Factors, leaf: Any, observed: bool, wrong: np.ndarray, kind: str) -> dict[str, Any]:
    data, at = data_in(leaf), int(np.flatnonzero(wrong)[0])
    name, shape = leaf.name, data.shape
    if observed:
        name = factors.model.values_to_rvs[leaf].name if leaf in factors.model.values_to_rvs else name
    elif not name:
        name, shape = called(factors.model, data) or (None, shape)
    own = observed or factors.model.named_vars.get(name) is leaf
    dims = axes(factors.model, name, shape) if own else ()
    return {
        "array": name,
        "observed": observed,
        **place(dims, np.unravel_index(at, shape)),
        "value": str(data.ravel()[at]),
        "kind": kind,
        "n": int(wrong.sum()),
        "size": int(wrong.size),
    }
