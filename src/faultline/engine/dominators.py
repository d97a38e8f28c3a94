"""How a graph depends on one node: what is summed, and the nodes that every path goes through."""

from __future__ import annotations

from typing import Any

import numpy as np


def summands(graph: Any) -> Any:
    """What a sum over everything sums."""
    from pytensor.scalar import Add
    from pytensor.tensor.elemwise import CAReduce

    node = graph.owner
    if node and isinstance(node.op, CAReduce) and isinstance(node.op.scalar_op, Add) and graph.ndim == 0:
        return summands(node.inputs[0])
    return graph


def gates(source: Any, target: Any) -> list[Any]:
    """The nodes that every path from `source` to `target` goes through, in order. Shapes are no paths."""
    from pytensor.graph.traversal import io_toposort
    from pytensor.tensor.shape import Shape, Shape_i

    gates: dict[Any, tuple[Any, ...]] = {source: (source,)}
    for node in io_toposort([source], [target]):
        above = [] if isinstance(node.op, Shape | Shape_i) else [gates[i] for i in node.inputs if i in gates]
        if above:
            shared = tuple(g for g in above[0] if all(g in other for other in above[1:]))
            gates |= {output: (*shared, output) for output in node.outputs}
    return list(gates.get(target, ()))


def formula(z: Any, y: Any) -> str:
    """y as a formula of z, by its Ops' names."""
    from pytensor.graph.basic import Constant
    from pytensor.tensor.subtensor import Subtensor

    if y is z:
        return "z"
    if y.owner is None:
        data = getattr(y, "data", None)
        return (
            f"{np.ravel(data)[0]:g}" if isinstance(y, Constant) and np.size(data) == 1 else str(y.name or "c")
        )
    inputs = y.owner.inputs
    if scalar := getattr(y.owner.op, "scalar_op", None):
        return f"{type(scalar).__name__.lower()}({', '.join(formula(z, i) for i in inputs)})"
    if len(inputs) == 1 or isinstance(y.owner.op, Subtensor):
        return formula(z, inputs[0])
    return f"{type(y.owner.op).__name__.lower()}(...)"
