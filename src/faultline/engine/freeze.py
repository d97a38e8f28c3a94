"""Holding parts of a model at given values, to see whether what is left samples.

A frozen variable's own prior goes (PyMC's `do`, not `observe`); potentials stay. What then informs nothing any more,
because everything it reached was frozen, is dropped: it would be sampled from its prior for nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
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
    _check(model, known, values)
    given = {name: np.asarray(value, dtype=known[name].type.dtype) for name, value in values.items()}
    with without_initvals(model) as initvals:
        frozen, dropped = _prune(pm.do(model, given))
    order = list(known)
    for variables in (frozen.free_RVs, frozen.deterministics):
        variables.sort(key=lambda variable: order.index(variable.name))
    for rv in frozen.free_RVs:
        if isinstance(initvals.get(rv.name), str | int | float | list | tuple | np.ndarray):
            frozen.set_initval(rv, initvals[rv.name])
    return frozen, sorted(dropped, key=order.index)


def _check(model: pm.Model, known: Mapping[str, Any], values: Mapping[str, Any]) -> None:
    for name in values:
        if name not in known:
            has = ", ".join(known)
            raise InputError(
                f"The model has no free variable or Deterministic named {name!r} to freeze; it has {has}."
            )
    shapes = evaluate(model, [known[name].shape for name in values])
    for (name, value), needed in zip(values.items(), shapes, strict=True):
        given, wanted = np.shape(value), tuple(int(n) for n in needed)
        if given != wanted:
            raise InputError(
                f"The value to freeze {name!r} at has shape {given}, but the model needs {wanted}."
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


def _prune(model: pm.Model) -> tuple[pm.Model, list[str]]:
    """Drop free variables that reach neither an observed variable nor a potential.

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
    needed = set(ancestors(ends))
    idle = {out for out in parts if isinstance(out.owner.op, ModelFreeRV) and out not in needed}
    if not idle:
        return model, []

    def goes(out: Any) -> bool:
        # A Deterministic of a dropped variable has nothing left to be computed from.
        reads_idle = isinstance(out.owner.op, ModelDeterministic) and not idle.isdisjoint(ancestors([out]))
        return out in idle or reads_idle

    for position in reversed(range(len(fgraph.outputs))):
        out = fgraph.outputs[position]
        if out.owner is not None and goes(out):
            fgraph.remove_output(position)
    return model_from_fgraph(fgraph, mutate_fgraph=True), [out.owner.op.name for out in idle]
