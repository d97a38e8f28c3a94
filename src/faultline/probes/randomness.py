"""Terms whose log-probability draws random numbers: a sampler meets another density at every evaluation.

PyMC refuses most of them in a sentence that names no variable; minibatches, simulators and potentials it lets through.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import Any

from faultline.engine.factors import Factors

_REFUSES = "Random variables detected in the logp graph"
"""How PyMC's message begins."""


def random_numbers(factors: Factors) -> list[dict[str, Any]]:
    """``[{factor, kind, drawn}]``: factors that draw random numbers. ``kind``: minibatch, simulator or variable; ``drawn``: what they
    draw, by name where it has one.

    Raises what building the log-probability raises, unless such a factor is why.
    """
    try:
        graphs = factors.graphs
    except ValueError as error:
        if _REFUSES in str(error) and (rows := list(_refused(factors.model))):
            return rows
        raise
    rows = []
    for name, graph in zip(factors.names, graphs, strict=True):
        if drawn := list(_drawn([graph])):
            rows.append(_row(name, drawn))
    return rows


def _refused(model: Any) -> Iterator[dict[str, Any]]:
    """The variables whose own term PyMC refuses because it reads a random variable that is none of the model's."""
    known = set(model.basic_RVs)
    for variable in model.basic_RVs:
        try:
            model.logp(vars=[variable], sum=False)
        except ValueError as error:
            if _REFUSES in str(error):
                yield _row(variable.name, list(_drawn(variable.owner.inputs, known)))


def _drawn(graphs: Sequence[Any], known: Collection[Any] = ()) -> Iterator[Any]:
    """Random variables under `graphs`, inner graphs included; not behind those `known`, nor where only a shape is read."""
    from pymc.logprob.abstract import MeasurableOp
    from pytensor.graph.op import HasInnerGraph
    from pytensor.graph.traversal import walk
    from pytensor.tensor.random.op import RNGConsumerOp
    from pytensor.tensor.shape import Shape, Shape_i

    def inputs(variable: Any) -> list[Any]:
        node = variable.owner
        if node is None or variable in known or isinstance(node.op, Shape | Shape_i):
            return []
        return [*node.inputs, *(node.op.inner_outputs if isinstance(node.op, HasInnerGraph) else [])]

    for variable in walk(graphs, inputs):
        if variable.owner is None or variable in known or not hasattr(variable.type, "dtype"):
            continue  # without a dtype it is the state of the generator
        if isinstance(variable.owner.op, RNGConsumerOp | MeasurableOp):
            yield variable


def _row(factor: str, drawn: list[Any]) -> dict[str, Any]:
    from pymc.data import MinibatchIndexRV
    from pymc.distributions.simulator import SimulatorRV

    kind = "variable"
    for known, name in ((MinibatchIndexRV, "minibatch"), (SimulatorRV, "simulator")):
        if any(isinstance(variable.owner.op, known) for variable in drawn):
            kind = name
    names = [
        variable.name or f"an unnamed {type(variable.owner.op).__name__.removesuffix('RV')}"
        for variable in drawn
    ]
    return {"factor": factor, "kind": kind, "drawn": list(dict.fromkeys(names))}
