"""Arrays that broadcast by accident: a mean of shape (N, 1) beside data of shape (N,) makes N x N terms.

Nothing raises, and the sampler runs: each datum is held against every mean. Shapes are those at the start
point.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from faultline.engine.backend import PLAIN, compile_function
from faultline.engine.factors import Factors


def shapes(factors: Factors) -> dict[str, list[dict[str, Any]]]:
    """``{"factors": [...], "outer": [...]}``.

    ``factors``: per observed variable the number of ``elements`` of its log-probability, their ``shape``, and
    those of its data. A multivariate distribution has fewer elements than data. PyMC's own distributions
    refuse most such means, by an error in building or evaluating; a user's own log-probability does not.

    ``outer``: nodes of observed variables and potentials that broadcast (N, 1) and (1, N) or (N,) to (N, N),
    N the length of some array of data, and whose result is summed to the factor element by element, not
    handed to linear algebra. Not where both sides hold the same array (all pairs of one vector), nor where an
    N x N array of data stands in the factor. ``where`` is the Op, ``sources`` the arrays and variables of the
    two sides, ``reads_data`` whether one side holds data of length N.
    """
    kept = [i for i, v in enumerate(factors.variables) if v not in factors.model.free_RVs]
    found = [(i, node) for i in kept for node in _summed(factors.graphs[i])]
    observed = {rv.name: factors.model.rvs_to_values[rv] for rv in factors.model.observed_RVs}
    graphs = [factors.graphs[i] for i in kept]
    asked = [*graphs, *observed.values(), *(v for _, node in found for v in node.inputs)]
    known = dict(zip(asked, _shapes(factors, asked), strict=True))
    rows = []
    for i in kept:
        if (name := factors.names[i]) in observed:
            shape, own = known[observed[name]], known[factors.graphs[i]]
            rows.append(
                {
                    "name": name,
                    "elements": int(np.prod(own, dtype=int)),
                    "shape": list(own),
                    "data_size": int(np.prod(shape, dtype=int)),
                    "data_shape": list(shape),
                }
            )
    outer = {}
    for i, node in found:
        if row := _outer(factors.graphs[i], node, [known[v] for v in node.inputs]):
            # The first node of a factor is enough: what follows has its shape.
            outer[factors.names[i]] = {"name": factors.names[i], **row}
    return {"factors": rows, "outer": list(outer.values())}


def _summed(graph: Any) -> Iterator[Any]:
    """Elementwise nodes whose result is summed, element by element, to the total of `graph`; the outermost
    first.
    """
    from pymc.logprob.utils import CheckParameterValue
    from pytensor.scalar import Add
    from pytensor.tensor.basic import Alloc
    from pytensor.tensor.elemwise import CAReduce, DimShuffle, Elemwise
    from pytensor.tensor.shape import SpecifyShape

    seen, waiting = set(), [(graph, True)]
    while waiting:
        variable, total = waiting.pop(0)
        node = variable.owner
        if node is None or node in seen:
            continue
        seen.add(node)
        if isinstance(node.op, Elemwise):
            if sum(i.ndim >= 2 for i in node.inputs) >= 2:
                yield node
            waiting += [(i, False) for i in node.inputs]
        elif isinstance(node.op, CAReduce) and isinstance(node.op.scalar_op, Add):
            # A sum over one axis inside a formula (a basis, a mixture) is no sum over all pairs.
            if total or variable.ndim == 0 or all(variable.type.broadcastable):
                waiting.append((node.inputs[0], True))
        elif isinstance(node.op, DimShuffle | Alloc | CheckParameterValue | SpecifyShape):
            waiting.append((node.inputs[0], total))


def _shapes(factors: Factors, variables: Sequence[Any]) -> list[tuple[int, ...]]:
    """The shape of each variable at the start; computed only where the graph does not tell."""
    import pytensor.tensor as pt

    static = {v: v.type.shape for v in variables}
    open_ = [v for v, shape in static.items() if None in shape]
    if open_:
        outputs, vector = factors.layout.join(factors.model, [pt.as_tensor(v.shape) for v in open_])
        at = factors.layout.vector()
        compiled = compile_function([vector], outputs, backend=PLAIN, example=[at], model=factors.model)
        static |= {v: tuple(int(n) for n in s) for v, s in zip(open_, compiled(at), strict=True)}
    return [static[v] for v in variables]


def _outer(graph: Any, node: Any, sizes: list[tuple[int, ...]]) -> dict[str, Any] | None:
    for i, first in enumerate(sizes):
        for j, second in enumerate(sizes):
            n = first[-2] if len(first) >= 2 else 0
            if n < 2 or first[-2:] != (n, 1) or second[-2:] != (1, n):
                continue
            ours, theirs = _sources(node.inputs[i]), _sources(node.inputs[j])
            arrays = [np.shape(data) for data in _sources(graph).values() if data is not None]
            vectors = [shape for shape in arrays if max(shape, default=0) == np.prod(shape, dtype=int) == n]
            if not vectors or any(np.prod(shape, dtype=int) == n * n for shape in arrays):
                continue
            if any(np.size(ours[v]) > 1 or ours[v] is None for v in ours.keys() & theirs.keys()):
                continue
            return {
                "n": int(n),
                "where": str(node.op).split("{")[0] or type(node.op).__name__,
                "sources": [[_name(v) for v in side] for side in (ours, theirs)],
                "reads_data": any(np.size(data) == n for side in (ours, theirs) for data in side.values()),
            }
    return None


def _sources(variable: Any) -> dict[Any, np.ndarray | None]:
    """Arrays and variables that `variable` is made from: their data, None for a model's variable. No lone
    numbers.
    """
    from pytensor.compile.sharedvalue import SharedVariable
    from pytensor.graph.basic import Constant
    from pytensor.graph.traversal import graph_inputs

    found: dict[Any, np.ndarray | None] = {}
    for v in graph_inputs([variable]):
        if isinstance(v, Constant):
            if np.size(v.data) > 1:
                found[v] = np.asarray(v.data)
        elif isinstance(v, SharedVariable):
            found[v] = np.asarray(v.get_value())
        else:
            found[v] = None
    return found


def _name(variable: Any) -> str:
    return variable.name or f"constant{list(variable.type.shape)}"
