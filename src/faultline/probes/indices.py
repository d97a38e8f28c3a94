"""Integer arrays that index another array, and leave it: groups that are counted from 1, a missing category that is -1.

NumPy raises for an index that is too large. XLA takes the last element without a word, so that a sampler inside XLA moves on
another model.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from faultline.engine.backend import PLAIN, compile_function
from faultline.engine.factors import Factors


def indices(factors: Factors) -> list[dict[str, Any]]:
    """``[{factors, variables, index, size, n, n_outside, n_negative, smallest, largest}]``: index arrays with such elements.

    ``variables``: the free variables that the indexed array is made of, ``index``: the name of the index array, if it has
    one. ``n_outside`` of its `n` elements are not from -`size` to `size` - 1; ``n_negative`` are negative beside others that
    are not. At the start, where an index depends on a variable.
    """
    found: dict[tuple[Any, Any, int], dict[str, Any]] = {}
    for name, graph in zip(factors.names, factors.graphs, strict=True):
        for array, index, axis in _indexed(graph):
            key = (array, index, axis)
            if key not in found:
                found[key] = _row(factors, array, index, axis)
            if name not in found[key]["factors"]:
                found[key]["factors"].append(name)
    return [row for row in found.values() if row.get("n_outside") or row.get("n_negative")]


def _indexed(graph: Any) -> Iterator[tuple[Any, Any, int]]:
    """Arrays in `graph` that integer arrays index, with these and the axis."""
    from pytensor.graph.traversal import apply_ancestors
    from pytensor.tensor.subtensor import AdvancedSubtensor, indices_from_subtensor

    for node in apply_ancestors([graph]):
        if not isinstance(node.op, AdvancedSubtensor):
            continue
        array, *given = node.inputs
        axis = 0
        for index in indices_from_subtensor(given, node.op.idx_list):
            if isinstance(index, slice):
                axis += 1
            elif index.type.dtype == "bool":
                axis += index.type.ndim
            else:
                if index.type.ndim:
                    yield array, index, axis
                axis += 1


def _row(factors: Factors, array: Any, index: Any, axis: int) -> dict[str, Any]:
    from pytensor.graph.traversal import ancestors

    row: dict[str, Any] = {"factors": []}
    try:
        values, size = _known(factors, index), int(_known(factors, array.shape[axis]))
    except Exception:  # an Op before it that fails: the evaluation of the factor will say so
        return row
    if not values.size:
        return row
    above = set(ancestors([array]))
    negative = int((values < 0).sum())
    return row | {
        "variables": [rv.name for rv in factors.model.free_RVs if factors.model.rvs_to_values[rv] in above],
        "index": index.name,
        "size": size,
        "n": int(values.size),
        "n_outside": int(((values < -size) | (values >= size)).sum()),
        "n_negative": negative if negative < values.size else 0,
        "smallest": int(values.min()),
        "largest": int(values.max()),
    }


def _known(factors: Factors, graph: Any) -> np.ndarray:
    """The value of a graph at the start."""
    from pytensor.graph.basic import Constant

    if isinstance(graph, Constant):
        return np.asarray(graph.data)
    outputs, vector = factors.layout.join(factors.model, [graph])
    [value] = compile_function([vector], outputs, backend=PLAIN, model=factors.model)(factors.layout.vector())
    return value
