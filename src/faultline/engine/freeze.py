"""A model with parts held at given values, left out, or given all of its data, to see whether that samples.

A frozen variable's own prior goes (PyMC's `do`, not `observe`); potentials stay. What then informs nothing any more,
because everything it reached was frozen, is dropped: it would be sampled from its prior for nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np

from faultline.core.errors import InputError
from faultline.engine.backend import evaluate

if TYPE_CHECKING:
    import pymc as pm


def freeze(model: pm.Model, values: Mapping[str, Any]) -> tuple[pm.Model, list[str]]:
    """A new model with the named free variables and Deterministics fixed at `values`, in their own (constrained) units.

    Returns it with the names of the free variables that were dropped because they reach no observed variable and no
    potential any more; Deterministics that need them go too. The original is left as it was. Start values given by
    ``initval`` carry over, symbolic ones excepted. Raises `InputError` for a name the model does not have as a free
    variable or Deterministic, and for a value whose shape or type does not fit.
    """
    import pymc as pm

    known = {variable.name: variable for variable in [*model.free_RVs, *model.deterministics]}
    _check(model, known, values, "free variable or Deterministic", "freeze")
    given = {name: np.asarray(value, dtype=known[name].type.dtype) for name, value in values.items()}
    with without_initvals(model) as initvals:
        frozen, dropped = _prune(pm.do(model, given))
    return _like(model, frozen, initvals), sorted(dropped, key=list(known).index)


def leave_out(model: pm.Model, names: Collection[str]) -> tuple[pm.Model, list[str]]:
    """A new model without the terms of these observed variables and potentials.

    Returns it with the names of the free variables that were dropped with them, because they inform nothing any more. The
    original is left as it was.

    Raises
    ------
    InputError
        For a name that is neither; or if no term would be left.
    """
    terms = [variable.name for variable in [*model.observed_RVs, *model.potentials]]
    for name in names:
        if name not in terms:
            raise InputError(
                f"The model has no observed variable or potential named {name!r} to leave out; it has {', '.join(terms) or 'none'}."
            )
    if set(names) >= set(terms):
        raise InputError(
            "Without these terms the model has neither data nor potentials; leave at least one of them in."
        )
    with without_initvals(model) as initvals:
        fewer, dropped = _prune(model, names)
    order = [variable.name for variable in model.free_RVs]
    return _like(model, fewer, initvals), sorted(dropped, key=order.index)


def with_all_data(model: pm.Model) -> pm.Model:
    """A new model that reads the whole arrays of which ``pm.Minibatch`` draws rows. The original is left as it was.

    PyMC scales a term by ``total_size`` over the number of its data, so one that was right for minibatches counts each datum once.
    """
    from pymc.data import MinibatchOp
    from pymc.model.fgraph import fgraph_from_model, model_from_fgraph
    from pytensor.graph.fg import FunctionGraph
    from pytensor.graph.replace import clone_replace

    with without_initvals(model) as initvals:
        fgraph, _ = fgraph_from_model(model, inlined_views=True)
        batches = [node for node in fgraph.apply_nodes if isinstance(node.op, MinibatchOp)]
        whole = {
            batch: data
            for node in batches
            for batch, data in zip(node.outputs, node.inputs, strict=True)
            if hasattr(batch.type, "dtype")  # without one it is the state of the generator
        }
        outputs = clone_replace(fgraph.outputs, whole, rebuild_strict=False)  # the shapes are others
        changed = FunctionGraph(outputs=outputs, clone=False)
        changed._coords, changed._dim_lengths = fgraph._coords, fgraph._dim_lengths
        return _like(model, model_from_fgraph(changed, mutate_fgraph=True), initvals)


def start_at(model: pm.Model, values: Mapping[str, Any]) -> pm.Model:
    """The model itself, with these start values of free variables in their own units.

    Raises
    ------
    InputError
        For a name that is no free variable, and for a value whose shape does not fit.
    """
    free = {variable.name: variable for variable in model.free_RVs}
    _check(model, free, values, "free variable", "start")
    for name, value in values.items():
        model.set_initval(free[name], np.asarray(value, dtype=free[name].type.dtype))
    return model


def _like(model: pm.Model, changed: pm.Model, initvals: Mapping[str, Any]) -> pm.Model:
    """The changed model with the order and the start values of the one that it was made from."""
    order = [variable.name for variable in [*model.free_RVs, *model.deterministics]]
    for variables in (changed.free_RVs, changed.deterministics):
        variables.sort(key=lambda variable: order.index(variable.name))
    for rv in changed.free_RVs:
        if isinstance(initvals.get(rv.name), str | int | float | list | tuple | np.ndarray):
            changed.set_initval(rv, initvals[rv.name])
    return changed


def _check(
    model: pm.Model, known: Mapping[str, Any], values: Mapping[str, Any], kind: str, purpose: str
) -> None:
    for name in values:
        if name not in known:
            has = ", ".join(known)
            raise InputError(f"The model has no {kind} named {name!r} to {purpose}; it has {has}.")
    shapes = evaluate(model, [known[name].shape for name in values])
    for (name, value), needed in zip(values.items(), shapes, strict=True):
        given, wanted = np.shape(value), tuple(int(n) for n in needed)
        if given != wanted:
            raise InputError(
                f"The value to {purpose} {name!r} at has shape {given}, but the model needs {wanted}."
            )


@contextmanager
def without_initvals(model: pm.Model) -> Iterator[dict[str, Any]]:
    """Clear the model's start values, which PyMC's model transforms refuse, and set them back."""
    kept = dict(model.rvs_to_initial_values)
    try:
        for rv in kept:
            model.rvs_to_initial_values[rv] = None
        yield {rv.name: value for rv, value in kept.items() if value is not None}
    finally:
        model.rvs_to_initial_values.update(kept)


def _prune(model: pm.Model, terms: Collection[str] = ()) -> tuple[pm.Model, list[str]]:
    """Drop these terms, and free variables that reach neither an observed variable nor a potential.

    PyMC's own pruning refuses models with potentials.
    """
    from pymc.model.fgraph import (
        ModelDeterministic,
        ModelFreeRV,
        ModelObservedRV,
        ModelPotential,
        fgraph_from_model,
        model_from_fgraph,
    )
    from pytensor.graph.traversal import ancestors

    fgraph, _ = fgraph_from_model(model, inlined_views=True)
    parts = [out for out in fgraph.outputs if out.owner is not None]
    ends = [out for out in parts if isinstance(out.owner.op, ModelObservedRV | ModelPotential)]
    without = {out for out in ends if out.owner.op.name in terms}
    needed = set(ancestors([out for out in ends if out not in without]))
    idle = {out for out in parts if isinstance(out.owner.op, ModelFreeRV) and out not in needed}
    if not idle and not without:
        return model, []

    def goes(out: Any) -> bool:
        # A Deterministic of a dropped variable has nothing left to be computed from.
        reads_idle = isinstance(out.owner.op, ModelDeterministic) and not idle.isdisjoint(ancestors([out]))
        return out in idle or out in without or reads_idle

    for position in reversed(range(len(fgraph.outputs))):
        out = fgraph.outputs[position]
        if out.owner is not None and goes(out):
            fgraph.remove_output(position)
    return model_from_fgraph(fgraph, mutate_fgraph=True), [out.owner.op.name for out in idle]
