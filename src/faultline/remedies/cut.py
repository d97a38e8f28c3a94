"""An angle whose interval is cut open elsewhere: half of its width further, where the ends of the old one are its middle.

A variable that is uniform on an interval, in which all else is periodic, is a place on a circle. Where the posterior lies across the ends of
the interval, a sampler sees two modes, one at either end. On another interval of the same width it is one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from faultline.engine.backend import evaluate
from faultline.engine.factors import drawn_by
from faultline.remedies.points import Point, drawn_from_prior
from faultline.remedies.rewrite import (
    NotApplicable,
    Rewrite,
    Step,
    copied,
    exchanged,
    fresh_name,
    is_plain,
    reaches,
    size_of,
    started,
)
from faultline.remedies.symmetry import Terms, same, terms_of

if TYPE_CHECKING:
    import pymc as pm

KIND = "cut"
POINTS = 4
STEP = 1e-5
"""Of the width: over which the slope at an end is taken."""
SLOPES = 0.01
"""Relative difference of the slopes at both ends, which the curvature over a step explains."""
ROUNDING = 1e-12
"""Of a total of the log-probability, relative to it."""
SEEN = 100.0
"""How many times its rounding a total has to change over a step at the ends, for the variable to matter there."""


def candidates(model: pm.Model) -> list[Step]:
    """The uniform variables in which every other term is periodic, with the interval as the period."""
    able = {rv.name: bounds for rv in model.free_RVs if (bounds := bounds_of(model, rv)) is not None}
    if not able:
        return []
    try:
        points = drawn_from_prior(model, POINTS, seed=0)
    except Exception:  # a prior that cannot be drawn from: whether it is a circle is not known
        return []
    terms = terms_of(model)
    return [
        {"kind": KIND, "names": [name], "bounds": list(bounds)}
        for name, bounds in able.items()
        if _is_circle(terms, name, bounds, points)
    ]


def rewrite(model: pm.Model, step: Step) -> Rewrite:
    """The model with the named variable on an interval that begins half its width further.

    Raises
    ------
    NotApplicable
        It is not uniform between two numbers.
    """
    import pymc as pm
    import pytensor.tensor as pt

    (name,) = step["names"]
    if name not in model.named_vars or (bounds := bounds_of(model, model[name])) is None:
        raise NotApplicable(f"{name} is not uniform between two numbers")
    (low, high), after = bounds, copied(model)
    width, new = high - low, fresh_name(after, f"{name}_turned")
    size = size_of(model, model[name], model.named_vars_to_dims.get(name))
    with after:
        turned = pm.Uniform(new, low + width / 2, high + width / 2, **size)
    old = model[name]
    added = {new: pt.where(old < low + width / 2, old + width, old)}
    value = pt.where(turned > high, turned - width, turned)
    return Rewrite(model, started(model, exchanged(after, {name: value})), added)


def bounds_of(model: pm.Model, rv: Any) -> tuple[float, float] | None:
    """The ends of its interval, where it is uniform between two numbers."""
    if not is_plain(rv) or type(drawn_by(rv)).__name__ != "UniformRV":
        return None
    ends = rv.owner.op.dist_params(rv.owner)
    if any(reaches(model, each) for each in ends):
        return None
    found = [np.unique(each) for each in evaluate(model, list(ends))]
    if any(each.size != 1 for each in found) or model.rvs_to_transforms.get(rv) is None:
        return None
    return float(found[0][0]), float(found[1][0])


def _is_circle(
    terms: Terms, name: str, bounds: tuple[float, float], points: list[dict[str, np.ndarray]]
) -> bool:
    """Whether all other terms, and their slopes, are the same at both ends, at every point; and not flat there at all of them."""
    low, high = bounds
    step, seen = STEP * (high - low), False

    def others(point: Point, value: float) -> dict[str, float]:
        found = terms({**point, name: np.full(np.shape(point[name]), value)})
        return {term: total for term, total in found.items() if term != name}

    for point in points:
        left, right = others(point, low), others(point, high)
        if not np.isfinite([*left.values(), *right.values()]).all() or not same(left, right):
            return False
        rises = [
            sum(others(point, low + step).values()) - sum(left.values()),
            sum(right.values()) - sum(others(point, high - step).values()),
        ]
        rounding, most = ROUNDING * max(1.0, sum(map(abs, left.values()))), max(map(abs, rises))
        if not abs(rises[1] - rises[0]) <= SLOPES * most + rounding:
            return False
        seen = seen or most > SEEN * rounding
    return seen
