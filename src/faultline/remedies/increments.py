"""A random walk as its increments: the sum of a start and of steps with scale 1.

Where the data say little about each position, the scale of the steps and the positions form a funnel, and the increments have none. A start
whose scale is not fixed is non-centered with them: it would be a funnel of its own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from faultline.engine.factors import drawn_by
from faultline.remedies.non_centered import FAMILIES, Family
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
        {
            "kind": KIND,
            "names": [rv.name],
            "init": "non_centered" if _free(model, rv.owner.inputs[0]) else "as it is",
        }
        for rv in model.free_RVs
        if _is_walk(rv) and _free(model, rv.owner.inputs[1]) and model.rvs_to_transforms.get(rv) is None
    ]


def rewrite(model: pm.Model, step: Step) -> Rewrite:
    """The model with the named random walks as sums of increments.

    Raises
    ------
    NotApplicable
        One of them is no such walk.
    """
    import pytensor.tensor as pt

    from faultline.engine.backend import evaluate

    after = copied(model)
    values, added = {}, {}
    for name in step["names"]:
        rv, old = after[name], model[name]
        if not _is_walk(rv):
            raise NotApplicable(f"{name} is no random walk with steps of a location-scale family")
        names, parts = (fresh_name(after, f"{name}_init"), fresh_name(after, f"{name}_raw")), []
        positions = pt.moveaxis(old, -1, 0)
        for new, at, found in zip(
            names, (0, 1), (positions[:1], positions[1:] - positions[:-1]), strict=True
        ):
            drawn, before = rv.owner.inputs[at], old.owner.inputs[at]
            if at == 0 and step["init"] != "non_centered":
                parts.append(after.register_rv(drawn, new))
                added[new] = found
                continue
            (shape,) = evaluate(model, [before.shape])
            with after:
                parts.append(_standard(drawn, new, tuple(int(n) for n in shape)))
            _, location, scale = _parameters(before)
            added[new] = (found if location is None else found - location) / scale
        values[name] = pt.moveaxis(pt.concatenate(parts, axis=0), 0, -1).cumsum(axis=-1)
    return Rewrite(model, started(model, exchanged(after, values)), added)


def _is_walk(rv: Any) -> bool:
    if not is_plain(rv) or type(drawn_by(rv)).__name__ != "RandomWalkRV" or rv.owner.op.ndim_supp != 1:
        return False
    return _family(rv.owner.inputs[1]) is not None


def _free(model: pm.Model, drawn: Any) -> bool:
    """Whether it is of a location-scale family, and location or scale depend on a free variable."""
    return _family(drawn) is not None and any(reaches(model, each) for each in _parameters(drawn)[1:])


def _family(drawn: Any) -> Family | None:
    family = FAMILIES.get(type(drawn.owner.op).__name__) if drawn.owner else None
    return None if family is None or family.of_log or family.of_vectors or family.location is None else family


def _parameters(drawn: Any) -> tuple[Family, Any, Any]:
    """Family, location and scale."""
    family = FAMILIES[type(drawn.owner.op).__name__]
    params = drawn.owner.op.dist_params(drawn.owner)
    return family, params[family.location], params[family.scale]


def _standard(drawn: Any, name: str, shape: tuple[int, ...]) -> Any:
    """Location plus scale times a new variable of the model around, with location 0 and scale 1."""
    import pymc as pm

    family, location, scale = _parameters(drawn)
    params = drawn.owner.op.dist_params(drawn.owner)
    kept = {keyword: params[at] for keyword, at in family.kept}
    raw = getattr(pm, family.dist)(name, **family.standard, **kept, shape=shape)
    return location + scale * raw
