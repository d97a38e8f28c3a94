"""Facts of a built model: its parts, its graph, where it starts, and which parts no gradient can reach."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from faultline.engine.factors import Factors, drawn_by
from faultline.engine.gradients import UNDEFINED, gradient_of
from faultline.probes.graph_cost import nodes
from faultline.probes.prior_only import prior_only

if TYPE_CHECKING:
    import pymc as pm

_LIBRARIES = {"pytensor", "pymc"}


def model_facts(
    model: pm.Model,
    *,
    factors: Factors | None = None,
    strategy: str = "jitter+adapt_diag",
    seed: int = 0,
) -> dict[str, Any]:
    """The record's ``model``: everything about the model that can be known before it is sampled.

    `strategy` is how the sampler starts (PyMC's ``init``), recorded as it is. Compiles the factors' gradients and
    evaluates them at random points drawn with `seed`.
    """
    factors = factors or Factors(model)
    informed = prior_only(factors, seed=seed)
    return {
        **describe(model, factors),
        "custom_ops": custom_ops(factors),
        **informed,
        "disconnected": disconnected(factors),
        "start": start_facts(model, factors, strategy),
    }


def describe(model: pm.Model, factors: Factors) -> dict[str, Any]:
    """Names, shapes and transforms of the model's variables; nothing is compiled."""
    blocks = {block.name: block for block in factors.layout.blocks}
    rows = []
    for rv in model.free_RVs:
        value = model.rvs_to_values[rv]
        shape = blocks[rv.name].shape if rv.name in blocks else np.shape(factors.layout.start[value.name])
        rows.append(
            {
                "name": rv.name,
                "shape": [int(n) for n in shape],
                "size": int(np.prod(shape, dtype=int)),
                "transform": _transform(model, rv),
                "distribution": _distribution(rv),
                "parents": _parents(model, rv),
            }
        )
    return {
        "n_free_rvs": len(rows),
        "n_values": factors.layout.size,
        "free_rvs": rows,
        "discrete": [model.values_to_rvs[value].name for value in model.discrete_value_vars],
        "deterministics": [variable.name for variable in model.deterministics],
        "potentials": [variable.name for variable in model.potentials],
        "observed": [variable.name for variable in model.observed_RVs],
        "reads": _reads(model),
        "observed_parameters": [_parameters(model, rv) for rv in model.observed_RVs],
    }


def _reads(model: pm.Model) -> list[dict[str, Any]]:
    """The random variables that each observed variable and potential reads, by way of deterministics too."""
    found = reads(model)
    return [
        {"name": term.name, "variables": found[term.name]}
        for term in (*model.observed_RVs, *model.potentials)
    ]


def _parameters(model: pm.Model, rv: Any) -> dict[str, Any]:
    """The random variables that each parameter of an observed variable reads, and how many data it has."""
    reads = [_read(model, [given]) for given in (rv.owner.inputs if rv.owner else [])]
    return {
        "name": rv.name,
        "size": None if None in rv.type.shape else int(np.prod(rv.type.shape, dtype=int)),
        "parameters": [names for names in reads if names],
    }


def _transform(model: pm.Model, rv: Any) -> str | None:
    transform = model.rvs_to_transforms[rv]
    return None if transform is None else transform.name or type(transform).__name__


def _parents(model: pm.Model, rv: Any) -> list[str]:
    """The random variables that its distribution reads, by way of deterministics too."""
    return _read(model, rv.owner.inputs if rv.owner else [])


def reads(model: pm.Model) -> dict[str, list[str]]:
    """Per factor the random variables that it reads, by way of deterministics too: a prior, a likelihood, a potential."""
    found = {rv.name: _parents(model, rv) for rv in model.basic_RVs}
    return found | {potential.name: _read(model, [potential]) for potential in model.potentials}


def _read(model: pm.Model, inputs: Sequence[Any]) -> list[str]:
    from pytensor.graph.traversal import walk

    basic = set(model.basic_RVs)
    reached = walk(inputs, lambda v: v.owner.inputs if v.owner and v not in basic else [])
    return sorted(v.name for v in reached if v in basic)


def _distribution(rv: Any) -> str:
    name = type(drawn_by(rv)).__name__ if rv.owner else type(rv).__name__
    return name.removesuffix("RV")


def custom_ops(factors: Factors) -> list[dict[str, Any]]:
    """Ops in the log-probability that come from neither PyTensor nor PyMC, the factors they stand in, and whether
    their gradient is implemented by each of their continuous inputs.
    """
    found: dict[str, dict[str, Any]] = {}
    for name, graph in zip(factors.names, factors.graphs, strict=True):
        for node in nodes([graph]):
            for op in (node.op, getattr(node.op, "scalar_op", None), getattr(node.op, "core_op", None)):
                if op is None or type(op).__module__.split(".")[0] in _LIBRARIES:
                    continue
                row = found.setdefault(
                    type(op).__name__,
                    {
                        "op": type(op).__name__,
                        "module": type(op).__module__,
                        "factors": [],
                        "has_gradient": True,
                    },
                )
                row["factors"] = list(dict.fromkeys([*row["factors"], name]))
                row["has_gradient"] &= _has_gradient(node)
    return list(found.values())


def _has_gradient(node: Any) -> bool:
    """Whether a gradient of the node's continuous outputs reaches one of its inputs, and none is undefined."""
    from pytensor.graph.basic import Constant

    inputs = [i if isinstance(i, Constant) else i.type() for i in node.inputs]
    fresh = node.clone_with_new_inputs(inputs)
    floating = [i for i in inputs if not isinstance(i, Constant) and _floating(i)]
    costs = [output.sum() for output in fresh.outputs if _floating(output)]
    if not floating or not costs:
        return False
    gradients = [gradient for cost in costs for gradient in gradient_of(cost, floating)]
    return any(g is not None for g in gradients) and not any(g is UNDEFINED for g in gradients)


def _floating(variable: Any) -> bool:
    return str(getattr(variable.type, "dtype", "")).startswith(("float", "complex"))


def disconnected(factors: Factors) -> list[dict[str, Any]]:
    """Pairs of variable and factor where the factor's value follows the variable but no gradient does.

    ``reason`` is ``disconnected`` (cut by a comparison, a cast, an explicit stop) or ``undefined`` (an Op does not
    implement its gradient). A variable's own prior may well be flat: it does not count.
    """
    values = factors.model.continuous_value_vars
    found = []
    for name, graph, gradients in zip(factors.names, factors.graphs, factors.gradients, strict=True):
        reached = _reached(graph)
        for block, value, gradient in zip(factors.layout.blocks, values, gradients, strict=True):
            if gradient is UNDEFINED:
                found.append({"name": block.name, "factor": name, "reason": "undefined"})
            elif gradient is None and value in reached and name != block.name:
                found.append({"name": block.name, "factor": name, "reason": "disconnected"})
    return found


def _reached(graph: Any) -> set[Any]:
    """What the value of `graph` depends on, not counting dependence on a shape alone."""
    from pytensor.graph.traversal import walk
    from pytensor.tensor.shape import Shape, Shape_i

    def inputs(variable: Any) -> list[Any] | None:
        node = variable.owner
        return None if node is None or isinstance(node.op, Shape | Shape_i) else node.inputs

    return set(walk([graph], inputs))


def start_facts(model: pm.Model, factors: Factors, strategy: str) -> dict[str, Any]:
    """Where PyMC's initial point lies: its log-probability, and what the model's author set by ``initval``.

    ``outside``: variables of whose initial values ``n`` of ``size`` are not finite in the sampler's unconstrained units.
    """
    start = factors.layout.start
    given = [rv.name for rv, value in model.rvs_to_initial_values.items() if value is not None]
    outside = [
        {
            "name": block.name,
            "n": int((~np.isfinite(start[block.value_name])).sum()),
            "size": block.size,
            "transform": _transform(model, model[block.name]),
        }
        for block in factors.layout.blocks
        if not np.isfinite(start[block.value_name]).all()
    ]
    return {
        "strategy": strategy,
        "logp": float(factors.totals(factors.layout.vector()).sum()),
        "initvals": given,
        "outside": outside,
        "largest": float(max((np.abs(v).max() for v in start.values() if np.size(v)), default=0.0)),
    }
