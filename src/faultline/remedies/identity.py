"""Whether a model that was written another way has the same posterior: decided by an identity, never by draws.

For a map T from the unconstrained space of the new model to that of the old one,

    log p_new(z) = log p_old(T(z)) + log |det T'(z)| + constant,

in float64, for the likelihood and for the prior by themselves. The terms that the step changed are compared with each other; every other
term has to be the same number. T is read off the new model, which computes the old variables, and its derivative is taken by JAX: nothing
that the step says of itself is believed but its inverse, which is tested at points of the old prior, and its constant.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from faultline.engine.factors import Factors
from faultline.engine.layout import Layout
from faultline.remedies.ordered import arranged, terms_of, unchanged
from faultline.remedies.points import drawn_from_prior, vector
from faultline.remedies.rewrite import Rewrite

if TYPE_CHECKING:
    import pymc as pm

TOLERANCE = 1e-8
"""Relative to the sizes of the terms that are added up. What differs by rounding agrees to 1e-12; a lost initial term of a long random
walk shows as 4e-7 at points of the posterior."""

DECIDES = 1e-6
"""A point decides nothing where rounding of the old variables, seen through the inverse map, is larger: at ``mu + 1e-40 raw`` nothing of
``raw`` is left."""

FEWEST = 12
"""Points that have to decide, and at least a quarter of that from the prior and, where there are draws, from the posterior."""

FROM_PRIOR, FROM_POSTERIOR = 16, 16
"""Points of each kind that are tried."""

EXTREME = (-8.0, 8.0)
"""How far coordinates of a point are moved in the unconstrained space to reach extreme scales: e to this power for a positive variable."""

LARGEST = 2000
"""Free coordinates up to which the determinant is computed."""


@dataclass(frozen=True)
class Identity:
    """What was found.

    Parameters
    ----------
    holds
        Whether the two have the same posterior; None: too few points decide.
    points
        How many decide.
    largest
        The largest relative difference at these; None where no point decides.
    term
        The term that differs most, where the identity fails.
    why
        Why it does not hold, or is not known, in a sentence.
    """

    holds: bool | None
    points: int
    largest: float | None
    term: str | None = None
    why: str | None = None

    def as_dict(self) -> dict[str, Any]:
        """As a record holds it."""
        return asdict(self)


def check(rewrite: Rewrite, draws: Sequence[Mapping[str, np.ndarray]], *, seed: int) -> Identity:
    """Hold a rewrite against its identity.

    Parameters
    ----------
    draws
        Points of the posterior of the new model: name of a free variable -> its value, in its own units. Empty where there are none.
    seed
        For the points of the prior.
    """
    before, after = rewrite.before, rewrite.after
    terms = [{v.name for v in (*model.observed_RVs, *model.potentials)} for model in (before, after)]
    if terms[0] != terms[1]:
        return Identity(False, 0, None, why="the terms of the likelihood are not the same")
    if before.discrete_value_vars or after.discrete_value_vars:
        return Identity(None, 0, None, why="discrete variables are not followed")
    sizes = [Layout.of(model).size for model in (before, after)]
    if sizes[0] != sizes[1]:
        return Identity(False, 0, None, why="the number of free coordinates is not the same")
    if sizes[1] > LARGEST:
        return Identity(
            None,
            0,
            None,
            why=f"the model has more than {LARGEST} free coordinates, too many for the determinant",
        )
    try:
        maps = _Maps(rewrite)
        maps.slope(maps.new.vector())
    except (
        Exception
    ) as error:  # an Op of the user's that JAX cannot differentiate, in the location or the scale
        return Identity(None, 0, None, why=f"the map cannot be differentiated ({type(error).__name__})")
    prior = _prior(after, FROM_PRIOR, seed)
    posterior = [maps.unconstrained(point) for point in draws[:FROM_POSTERIOR]]
    places = [*prior, *posterior]
    places += _pushed(places, seed)
    compared = [maps.compare(place) for place in places]
    decided = [row for row in compared if row is not None]
    parts = compared[: len(prior)], compared[len(prior) : len(prior) + len(posterior)]
    too_few = any(sum(row is not None for row in part) < FEWEST // 4 for part in parts if part)
    if len(decided) < FEWEST or too_few:
        return Identity(None, len(decided), None, why=f"only {len(decided)} of {len(places)} points decide")
    term, worst = max(
        ((name, value) for row in decided for name, value in row.items()), key=lambda pair: pair[1]
    )
    if worst > TOLERANCE:
        return Identity(False, len(decided), worst, term, f"{term} differs")
    if rewrite.labels:
        return _alike(rewrite, maps, len(decided), worst, seed + 1)
    return _onto(maps, _prior(before, FROM_PRIOR, seed + 1), len(decided), worst)


def _onto(maps: _Maps, places: Sequence[np.ndarray], points: int, worst: float) -> Identity:
    """What there is to say once the densities agree: whether the new model reaches these points of the old one."""
    errors = maps.inverse_errors(places)
    if len(errors) < FEWEST // 4:
        return Identity(
            None,
            points,
            worst,
            why=f"only {len(errors)} of {len(places)} points tell whether the new model reaches all of the old one",
        )
    if max(errors) > TOLERANCE:
        return Identity(
            False, points, max(errors), None, "the new model does not reach every point of the old one"
        )
    return Identity(True, points, worst)


def _moved(rewrite: Rewrite) -> set[str]:
    """Free variables of both models that the sampler moves by other transforms."""
    names = {rv.name for rv in rewrite.before.free_RVs} & {rv.name for rv in rewrite.after.free_RVs}
    transforms = {
        name: [model.rvs_to_transforms.get(model[name]) for model in (rewrite.before, rewrite.after)]
        for name in names
    }
    return {
        name
        for name, (one, other) in transforms.items()
        if (type(one), getattr(one, "name", None)) != (type(other), getattr(other, "name", None))
    }


def _alike(rewrite: Rewrite, maps: _Maps, points: int, worst: float, seed: int) -> Identity:
    """Whether the old model is the same however the labels are arranged; then each of its points is one of the new model's, rearranged."""
    name, *_ = rewrite.labels
    try:
        drawn = drawn_from_prior(rewrite.before, FROM_PRIOR, seed=seed)
    except Exception:
        return Identity(None, points, worst, why="the prior cannot be drawn from")
    terms = terms_of(rewrite.before)
    if not all(unchanged(terms, point, rewrite.labels, name) for point in drawn):
        return Identity(
            False,
            points,
            worst,
            why="the model is not the same when its labels are rearranged, as where their priors differ",
        )
    sorted_ones = [arranged(point, rewrite.labels, np.argsort(point[name])) for point in drawn]
    return _onto(maps, [vector(rewrite.before, maps.old, point) for point in sorted_ones], points, worst)


class _Maps:
    """The two models as functions of their unconstrained vectors, and the map between these."""

    def __init__(self, rewrite: Rewrite) -> None:
        self.rewrite = rewrite
        self.before, self.after = Factors(rewrite.before).plain(), Factors(rewrite.after).plain()
        self.old, self.new = self.before.layout, self.after.layout
        self._to_old, self.slope = self._map(rewrite.before, rewrite.after, self.old, self.new)
        self.moved = _moved(rewrite)
        computed = {rv.name: rewrite.before[rv.name] for rv in rewrite.before.free_RVs}
        self._to_new, _ = self._map(
            rewrite.after, rewrite.before, self.new, self.old, {**computed, **rewrite.added}, slope=False
        )

    @staticmethod
    def _map(
        target: pm.Model,
        source: pm.Model,
        to: Layout,
        of: Layout,
        graphs: Mapping[str, Any] | None = None,
        slope: bool = True,
    ) -> tuple[Callable[[np.ndarray], np.ndarray], Callable[[np.ndarray], np.ndarray] | None]:
        """The unconstrained vector of ``target`` as a function of that of ``source``, and its derivative."""
        import jax
        import pytensor.tensor as pt

        from faultline.engine import xla

        parts = []
        for block in to.blocks:
            rv = target[block.name]
            graph = (graphs or {}).get(block.name, source.named_vars.get(block.name))
            transform = target.rvs_to_transforms.get(rv)
            inputs = [
                source.named_vars.get(getattr(each, "name", None) or "", each) for each in rv.owner.inputs
            ]
            moved = graph if transform is None else transform.forward(graph, *inputs)
            parts.append(pt.as_tensor(moved, allow_xtensor_conversion=True).astype("float64").ravel())
        (joined,) = source.replace_rvs_by_values([pt.concatenate(parts) if parts else pt.zeros(0)])
        outputs, vector = of.join(source, [joined])
        traced = xla.trace(source, outputs, vector)

        def function(at: Any) -> Any:
            return traced.function(at, *traced.data)[0]

        call = jax.jit(function)
        derivative = jax.jit(jax.jacfwd(function)) if slope else None
        return (lambda at: np.asarray(call(at))), derivative and (lambda at: np.asarray(derivative(at)))

    def unconstrained(self, point: Mapping[str, np.ndarray]) -> np.ndarray:
        """The new model's vector of values of its free variables in their own units."""
        return vector(self.rewrite.after, self.new, point)

    def compare(self, at: np.ndarray) -> dict[str, float] | None:
        """Term -> relative difference at a vector of the new model; None where the point decides nothing."""
        old, slope = self._to_old(at), self.slope(at)
        if not (np.isfinite(old).all() and np.isfinite(slope).all()):
            return None
        sign, volume = np.linalg.slogdet(slope)
        if sign == 0 or not np.isfinite(volume):
            return None
        with np.errstate(all="ignore"):
            inverse = np.linalg.inv(slope)
            lost = np.abs(inverse).sum(axis=1).max() * np.finfo(float).eps * np.abs(old).max(initial=1.0)
        if not lost <= DECIDES:
            return None
        ours = dict(zip(self.after.names, self.after.elements(at), strict=True))
        theirs = dict(zip(self.before.names, self.before.elements(old), strict=True))
        if not all(np.isfinite(each).all() for each in (*ours.values(), *theirs.values())):
            return None
        found = {
            name: _differ(np.ravel(ours[name]), np.ravel(theirs[name]))
            for name in ours.keys() - self.moved
            if name in theirs
        }
        added = [np.ravel(ours[name]) for name in ours if name in self.moved or name not in theirs]
        gone = [np.ravel(theirs[name]) for name in theirs if name in self.moved or name not in ours]
        terms = np.concatenate([*added, *(-each for each in gone), [-volume, -self.rewrite.constant]])
        size = max(1.0, np.abs(terms).sum())
        listed = " and ".join(sorted({*self.rewrite.replaced, *self.moved}))
        found[f"the prior of {listed}"] = abs(terms.sum()) / size
        return found

    def inverse_errors(self, places: Sequence[np.ndarray]) -> list[float]:
        """How far T of its inverse is from where it started, relative to that and beyond rounding, of each place that decides."""
        found = []
        for place in places:
            there = self._to_new(place)
            back, slope = self._to_old(there), self.slope(there)
            lost = np.abs(slope).sum(axis=1).max() * np.finfo(float).eps * np.abs(there).max(initial=1.0)
            if lost > DECIDES:  # rounding of the new variables alone leads as far away
                continue
            error = np.abs(back - place) / np.maximum(1.0, np.abs(place))
            found.append(
                float(np.maximum(error - lost, 0.0).max(initial=0.0)) if np.isfinite(error).all() else np.inf
            )
        return found


def _differ(ours: np.ndarray, theirs: np.ndarray) -> float:
    """Largest relative difference of two terms, element by element."""
    if ours.shape != theirs.shape:
        return np.inf
    return float((np.abs(ours - theirs) / np.maximum(1.0, np.abs(theirs))).max(initial=0.0))


def _prior(model: pm.Model, count: int, seed: int) -> list[np.ndarray]:
    """Points of the prior as unconstrained vectors; where it cannot be drawn from, standard normal ones in that space."""
    layout = Layout.of(model)
    try:
        places = [vector(model, layout, point) for point in drawn_from_prior(model, count, seed=seed)]
        if all(np.isfinite(place).all() for place in places):
            return places
    except Exception:  # Flat has no prior draws; a user's own distribution may have none
        pass
    rng = np.random.default_rng(seed)
    return [rng.normal(size=layout.size) for _ in range(count)]


def _pushed(places: Sequence[np.ndarray], seed: int) -> list[np.ndarray]:
    """Each second point with half of its coordinates moved far: extreme scales."""
    rng = np.random.default_rng(seed)
    return [place + np.where(rng.random(place.size) < 0.5, rng.choice(EXTREME), 0.0) for place in places[::2]]
