"""Centering: location plus scale times a standard variable as a variable of its own, with that location and scale.

Where the data say much about each value, the standard variable and the scale are what moves together, and the centered form has no narrow
place (Papaspiliopoulos, Roberts and Sköld 2007).
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from faultline.engine.backend import evaluate
from faultline.engine.factors import drawn_by
from faultline.remedies.rewrite import (
    NotApplicable,
    Rewrite,
    Step,
    bare,
    copied,
    exchanged,
    is_plain,
    reaches,
    started,
)

if TYPE_CHECKING:
    import pymc as pm

KIND = "centered"


@dataclass(frozen=True)
class _Use:
    """How a standard variable is used: the value that is made of it, its location (None: 0) and scale."""

    value: Any
    location: Any
    scale: Any
    deterministic: Any


def candidates(model: pm.Model) -> list[Step]:
    """The standard normal variables that are only used as ``location + scale * variable``, with a scale that is not fixed."""
    return [
        {"kind": KIND, "names": [rv.name], "as": use.deterministic.name}
        for rv in model.free_RVs
        if (use := _use(model, rv)) and use.deterministic is not None and reaches(model, use.scale)
    ]


def rewrite(model: pm.Model, step: Step) -> Rewrite:
    """The model with the named standard variable centered: the Deterministic that is made of it becomes the variable.

    Raises
    ------
    NotApplicable
        It is not used so.
    """
    import pymc as pm
    import pytensor.tensor as pt

    (name,) = step["names"]
    before = name in model.named_vars and _use(model, model[name])
    if not before or before.deterministic is None:
        raise NotApplicable(f"{name} is not only used as location plus scale times {name}")
    after = copied(model)
    use, new = _use(after, after[name]), step["as"]
    dims = after.named_vars_to_dims.pop(new, None)
    after.deterministics.remove(after[new])
    del after.named_vars[new]
    (shape,) = evaluate(model, [model[name].shape])
    size = {"dims": dims} if dims and all(dims) else {"shape": tuple(int(n) for n in shape)}
    with after:
        mu = pt.zeros(()) if use.location is None else use.location
        centered = pm.Normal(new, mu, use.scale, **size)
    raw = centered / use.scale if use.location is None else (centered - use.location) / use.scale
    return Rewrite(model, started(model, exchanged(after, {name: raw})), {new: before.value})


def _use(model: pm.Model, rv: Any) -> _Use | None:
    """How a variable is used, if it is standard normal and only used in one place, times a scale."""
    from pytensor.graph.basic import Constant
    from pytensor.scalar.basic import Add, Mul
    from pytensor.tensor.elemwise import Elemwise

    if (
        not is_plain(rv)
        or type(drawn_by(rv)).__name__ != "NormalRV"
        or model.rvs_to_transforms.get(rv) is not None
    ):
        return None
    params = rv.owner.op.dist_params(rv.owner)
    if not all(isinstance(each, Constant) for each in map(bare, params)):
        return None
    if any((bare(each).data != wanted).any() for each, wanted in zip(params, (0, 1), strict=True)):
        return None
    clients = _clients(model)

    def only(variable: Any, kind: type) -> Any | None:
        """The result of the one operation of this kind that reads a variable and is all that does."""
        found = clients[variable]
        if (
            len(found) != 1
            or not isinstance(found[0].op, Elemwise)
            or not isinstance(found[0].op.scalar_op, kind)
        ):
            return None
        return found[0]

    product = only(rv, Mul)
    if product is None:
        return None
    scale = _others(product, rv, lambda a, b: a * b)
    value, location = product.outputs[0], None
    # In a copy the product or the sum itself is what is named; what is added to that is no part of it.
    if value not in model.deterministics and (total := only(value, Add)) is not None:
        location = _others(total, value, lambda a, b: a + b)
        value = total.outputs[0]
    named = [node.outputs[0] for node in clients[value] if node.outputs[0] in model.deterministics]
    found = value if value in model.deterministics else None
    if len(clients[value]) == len(named) == 1:
        [found] = named
    if value.type.ndim != rv.type.ndim:
        found = None
    return None if scale is None else _Use(value, location, scale, found)


def _others(node: Any, variable: Any, together: Any) -> Any | None:
    """The other inputs of an operation, taken together; None where there are none, or the variable comes twice."""
    found = [each for each in node.inputs if each is not variable]
    if not found or len(found) != len(node.inputs) - 1:
        return None
    total = found[0]
    for each in found[1:]:
        total = together(total, each)
    return total


def _clients(model: pm.Model) -> dict[Any, list[Any]]:
    """Which operations read each variable of the model's graph."""
    from pytensor.graph.traversal import ancestors

    found: dict[Any, dict[Any, None]] = defaultdict(dict)
    for variable in ancestors([*model.basic_RVs, *model.potentials, *model.deterministics]):
        if variable.owner is not None:
            for each in variable.owner.inputs:
                found[each][variable.owner] = None
    return defaultdict(list, {variable: list(nodes) for variable, nodes in found.items()})
