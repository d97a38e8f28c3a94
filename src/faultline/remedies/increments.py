"""A random walk as its increments: the sum of a start and of steps with scale 1.

Where the data say little about each position, the scale of the steps and the positions form a funnel, and the increments have none.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from faultline.engine.factors import drawn_by
from faultline.remedies.non_centered import FAMILIES
from faultline.remedies.rewrite import (
    NotApplicable,
    Rewrite,
    Step,
    copied,
    exchanged,
    fresh_name,
    is_plain,
    reaches,
    started,
)

if TYPE_CHECKING:
    import pymc as pm

KIND = "increments"


def candidates(model: pm.Model) -> list[Step]:
    """The random walks of one value per step whose steps have a location and a scale, one of which is not fixed."""
    return [
        {"kind": KIND, "names": [rv.name]}
        for rv in model.free_RVs
        if _is_walk(rv)
        and any(reaches(model, each) for each in _innovation(rv)[1:] if each is not None)
        and model.rvs_to_transforms.get(rv) is None
    ]


def rewrite(model: pm.Model, step: Step) -> Rewrite:
    """The model with the named random walks as sums of increments.

    Raises
    ------
    NotApplicable
        One of them is no such walk.
    """
    import pymc as pm
    import pytensor.tensor as pt

    from faultline.engine.backend import evaluate

    after = copied(model)
    values, added = {}, {}
    for name in step["names"]:
        rv, old = after[name], model[name]
        if not _is_walk(rv):
            raise NotApplicable(f"{name} is no random walk with steps of a location-scale family")
        family, location, scale = _innovation(rv)
        init = rv.owner.inputs[0]
        (shape,) = evaluate(model, [old.owner.inputs[1].shape])
        names = fresh_name(after, f"{name}_init"), fresh_name(after, f"{name}_raw")
        with after:
            start = after.register_rv(init, names[0])
            raw = getattr(pm, family.dist)(
                names[1], **family.standard, **_kept(rv, family), shape=tuple(shape)
            )
        steps = scale * raw if location is None else location + scale * raw
        values[name] = pt.moveaxis(pt.concatenate([start, steps], axis=0), 0, -1).cumsum(axis=-1)
        _, location, scale = _innovation(old)
        positions = pt.moveaxis(old, -1, 0)
        differences = positions[1:] - positions[:-1]
        added[names[0]] = positions[:1]
        added[names[1]] = (differences if location is None else differences - location) / scale
    return Rewrite(model, started(model, exchanged(after, values)), added)


def _is_walk(rv: Any) -> bool:
    if not is_plain(rv) or type(drawn_by(rv)).__name__ != "RandomWalkRV" or rv.owner.op.ndim_supp != 1:
        return False
    steps = rv.owner.inputs[1]
    family = steps.owner and FAMILIES.get(type(steps.owner.op).__name__)
    return bool(family) and not family.of_log and family.location is not None


def _innovation(rv: Any) -> tuple[Any, Any, Any]:
    """Family, location and scale of the steps."""
    steps = rv.owner.inputs[1]
    family = FAMILIES[type(steps.owner.op).__name__]
    params = steps.owner.op.dist_params(steps.owner)
    return family, params[family.location], params[family.scale]


def _kept(rv: Any, family: Any) -> dict[str, Any]:
    steps = rv.owner.inputs[1]
    return {keyword: steps.owner.op.dist_params(steps.owner)[at] for keyword, at in family.kept}
