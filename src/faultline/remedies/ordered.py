"""Ordering: of the arrangements of labels that a model cannot tell apart, one.

An ordered vector with the density of the unordered one has the same posterior as that has, of everything that does not depend on how the
labels are arranged: if the model is the same however they are. That is tested on its terms, with all variables that carry the label
rearranged together. It is not so where their priors differ.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from faultline.remedies.points import Point, drawn_from_prior
from faultline.remedies.rewrite import NotApplicable, Rewrite, Step, copied, is_plain, started
from faultline.remedies.symmetry import terms_of, unchanged

if TYPE_CHECKING:
    import pymc as pm

KIND = "ordered"
MOST_LABELS = 8
POINTS = 6


def candidates(model: pm.Model) -> list[Step]:
    """The vectors of real or positive numbers whose labels the model cannot tell apart."""
    vectors = [
        rv
        for rv in model.free_RVs
        if is_plain(rv) and rv.type.ndim == 1 and rv.type.dtype.startswith("float") and _can_be(model, rv)
    ]
    if not vectors:
        return []
    try:
        points = drawn_from_prior(model, POINTS, seed=0)
    except Exception:  # a prior that cannot be drawn from: the labels are not known to be alike
        return []
    shapes = {name: np.shape(value) for name, value in points[0].items()}
    wanted = [rv.name for rv in vectors if 2 <= shapes[rv.name][0] <= MOST_LABELS]
    if not wanted:
        return []
    terms = terms_of(model)
    found, taken = [], set()
    for name in wanted:
        if name in taken:
            continue
        for labels in _sets(name, shapes):
            if all(unchanged(terms, Labels(labels, name), point) for point in points):
                taken |= set(labels)
                with suppress(NotApplicable):
                    found.append(
                        {"kind": KIND, "names": [name], "labels": list(labels), "starts": starts(model, name)}
                    )
                break
    return found


def rewrite(model: pm.Model, step: Step) -> Rewrite:
    """The model with the named vector in increasing order.

    Raises
    ------
    NotApplicable
        It is moved by a transform of its own, or its prior gives no start.
    """
    from pymc.model.transform.conditioning import change_value_transforms

    (name,) = step["names"]
    rv = model[name]
    if rv not in model.free_RVs or not _can_be(model, rv):
        raise NotApplicable(f"{name} has a transform of its own")
    after = change_value_transforms(copied(model), {name: _transform(model, rv)})
    after = started(model, after)
    after.set_initval(after[name], np.array(step["starts"]))
    return Rewrite(model, after, symmetry=Labels(tuple(step["labels"]), name))


def starts(model: pm.Model, name: str) -> list[float]:
    """Increasing values where an ordered vector can start: quantiles of its prior, to three digits."""
    try:
        drawn = np.array([point[name] for point in drawn_from_prior(model, 200, seed=0)])
    except Exception as error:
        raise NotApplicable(f"the prior of {name} cannot be drawn from, so no start is known") from error
    length = drawn.shape[1]
    values = [float(f"{value:.3g}") for value in np.quantile(drawn, (np.arange(length) + 0.5) / length)]
    if any(low >= high for low, high in itertools.pairwise(values)) or not np.isfinite(values).all():
        raise NotApplicable(f"the prior of {name} gives no distinct starts")
    return values


@dataclass(frozen=True)
class Labels:
    """Labels of which only the arrangement is known in which the values of one variable increase.

    Parameters
    ----------
    names
        The variables that carry them: along the first axis that has as many elements.
    name
        The one whose values are in order.
    """

    names: tuple[str, ...]
    name: str
    why = "the model is not the same when its labels are rearranged, as where their priors differ"

    def others(self, point: Point) -> Iterator[dict[str, np.ndarray]]:
        """Two neighbors exchanged, whichever, and all turned round."""
        length = len(point[self.name])
        for at in range(length - 1):
            yield arranged(point, self.names, [*range(at), at + 1, at, *range(at + 2, length)])
        yield arranged(point, self.names, range(length)[::-1])

    def chosen(self, point: Point) -> dict[str, np.ndarray]:
        """In order."""
        return arranged(point, self.names, np.argsort(point[self.name]))


def arranged(
    point: Mapping[str, np.ndarray], labels: Sequence[str], order: Sequence[int]
) -> dict[str, np.ndarray]:
    """A point with the labels of some variables rearranged: along the first axis that has as many elements."""
    found = dict(point)
    for name in labels:
        value = np.asarray(point[name])
        found[name] = np.take(value, order, axis=_axis(value.shape, len(order)))
    return found


def _sets(name: str, shapes: Mapping[str, tuple[int, ...]]) -> Iterator[tuple[str, ...]]:
    """Variables that may carry the label, the fewest first."""
    length = shapes[name][0]
    others = [other for other, shape in shapes.items() if other != name and length in shape]
    for size in {0, 1, 2, len(others)}:
        for more in itertools.islice(itertools.combinations(others, size), 30):
            yield (name, *more)


def _axis(shape: tuple[int, ...], length: int) -> int:
    return shape.index(length)


def _can_be(model: pm.Model, rv: Any) -> bool:
    """Whether it is moved as it is, or by its logarithm."""
    return getattr(model.rvs_to_transforms.get(rv), "name", None) in (None, "log")


def _transform(model: pm.Model, rv: Any) -> Any:
    from pymc.distributions import transforms

    if model.rvs_to_transforms.get(rv) is None:
        return transforms.ordered
    return transforms.Chain([transforms.log, transforms.ordered])
