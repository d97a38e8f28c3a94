"""An amplitude with a phase: of its two signs, which half a turn of the phase makes the same, the positive one.

A positive amplitude with the density of the free one has the same posterior as that has, of everything that half a turn does not change: if the
model is the same after it. That is tested on its terms.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from faultline.remedies.cut import bounds_of
from faultline.remedies.points import Point, drawn_from_prior
from faultline.remedies.rewrite import NotApplicable, Rewrite, Step, copied, is_plain, started
from faultline.remedies.symmetry import terms_of, unchanged

if TYPE_CHECKING:
    import pymc as pm

KIND = "half_turn"
POINTS = 6


def candidates(model: pm.Model) -> list[Step]:
    """The variables of either sign of which a turn of another by half of its interval undoes a change of the sign."""
    free = [rv for rv in model.free_RVs if _can_be(model, rv)]
    angles = {rv.name: bounds for rv in model.free_RVs if (bounds := bounds_of(model, rv)) is not None}
    if not free or not angles:
        return []
    try:
        points = drawn_from_prior(model, POINTS, seed=0)
    except Exception:  # a prior that cannot be drawn from: whether it is the same is not known
        return []
    terms, found = terms_of(model), []
    for rv, (angle, bounds) in itertools.product(free, angles.items()):
        if np.shape(points[0][rv.name]) != np.shape(points[0][angle]):
            continue
        turn = HalfTurn(rv.name, angle, *bounds)
        if all(unchanged(terms, turn, point) for point in points):
            found.append(
                {
                    "kind": KIND,
                    "names": [rv.name],
                    "angle": angle,
                    "bounds": list(bounds),
                    "starts": _starts([point[rv.name] for point in points]),
                }
            )
    return found


def rewrite(model: pm.Model, step: Step) -> Rewrite:
    """The model with the named variable positive.

    Raises
    ------
    NotApplicable
        It is moved by a transform.
    """
    from pymc.distributions import transforms
    from pymc.model.transform.conditioning import change_value_transforms

    (name,) = step["names"]
    if name not in model.named_vars or not _can_be(model, model[name]):
        raise NotApplicable(f"{name} has a transform")
    after = started(model, change_value_transforms(copied(model), {name: transforms.log}))
    after.set_initval(after[name], np.array(step["starts"]))
    return Rewrite(model, after, symmetry=HalfTurn(name, step["angle"], *step["bounds"]))


@dataclass(frozen=True)
class HalfTurn:
    """A change of sign together with half a turn, element by element.

    Parameters
    ----------
    name, angle
        The amplitude and the phase, of one shape.
    low, high
        The ends of the phase's interval.
    """

    name: str
    angle: str
    low: float
    high: float
    why = "the model is not the same when the amplitude changes its sign and the phase makes half a turn"

    def others(self, point: Point) -> Iterator[dict[str, np.ndarray]]:
        """All elements turned, and each by itself."""
        shape = np.shape(point[self.name])
        yield self._turned(point, np.ones(shape, bool))
        for at in np.ndindex(shape) if shape else ():
            one = np.zeros(shape, bool)
            one[at] = True
            yield self._turned(point, one)

    def chosen(self, point: Point) -> dict[str, np.ndarray]:
        """With a positive amplitude."""
        return self._turned(point, np.asarray(point[self.name]) < 0)

    def _turned(self, point: Point, which: np.ndarray) -> dict[str, np.ndarray]:
        amplitude, phase = np.asarray(point[self.name]), np.asarray(point[self.angle])
        half = (self.high - self.low) / 2
        turned = np.where(phase < self.low + half, phase + half, phase - half)
        return {
            **point,
            self.name: np.where(which, -amplitude, amplitude),
            self.angle: np.where(which, turned, phase),
        }


def _can_be(model: pm.Model, rv: Any) -> bool:
    """Whether it is a real number, or a vector of them."""
    return (
        is_plain(rv)
        and rv.type.ndim <= 1
        and rv.type.dtype.startswith("float")
        and model.rvs_to_transforms.get(rv) is None
    )


def _starts(drawn: Sequence[np.ndarray]) -> Any:
    """Positive values where it can start, of the size that its prior has, to three digits."""
    sizes = np.median(np.abs(drawn), axis=0)
    return np.vectorize(lambda size: float(f"{size:.3g}"))(sizes).tolist()
