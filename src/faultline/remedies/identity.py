"""Whether a model that was written another way has the same posterior: decided by an identity, never by draws.

For a map T from the unconstrained space of the new model to that of the old one,

    log p_new(z) = log p_old(T(z)) + log |det T'(z)| + constant,

in float64, for the likelihood and for the prior by themselves. The terms that the step changed are compared with each other; every other
term has to be the same number. T is read off the new model, which computes the old variables, and its derivative is taken by JAX: nothing
that the step says of itself is believed but its inverse, which is tested at points of the old prior, and its constant.

Discrete variables are the same in both models: the map leaves them alone, and the densities are compared where these are held at values of the
prior and of the posterior.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from faultline.engine.layout import Layout
from faultline.remedies.maps import TOLERANCE, Maps
from faultline.remedies.points import Discrete, Place, drawn_from_prior, to_place
from faultline.remedies.rewrite import Rewrite, Symmetry
from faultline.remedies.symmetry import terms_of, unchanged

if TYPE_CHECKING:
    import pymc as pm

FEWEST = 12
"""Points that have to decide, and at least a quarter of that from the prior and, where there are draws, from the posterior."""

FROM_PRIOR, FROM_POSTERIOR = 16, 16
"""Points of each kind that are tried."""

HALVINGS = 8
"""How often the way from the start to a point of the prior is halved."""

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
    if _discrete(before) != _discrete(after):
        return Identity(None, 0, None, why="it changes discrete variables, which are not followed")
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
        maps = Maps(rewrite)
        maps.slope(Place(maps.new.vector(), maps.discrete.start))
    except (
        Exception
    ) as error:  # an Op of the user's that JAX cannot differentiate, in the location or the scale
        return Identity(None, 0, None, why=f"the map cannot be differentiated ({type(error).__name__})")
    prior = [_nearer(maps, maps.possible(at)) for at in _prior(after, maps.discrete, FROM_PRIOR, seed)]
    posterior = [*map(to_place(after, maps.new), draws[:FROM_POSTERIOR])] if draws else []
    places = [*prior, *posterior]
    places += _pushed(places, seed)
    compared = [maps.compare(at) for at in places]
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
    if rewrite.symmetry is not None:
        return _alike(before, rewrite.symmetry, maps, len(decided), worst, seed + 1)
    return _onto(maps, _prior(before, maps.discrete, FROM_PRIOR, seed + 1), len(decided), worst)


def _onto(maps: Maps, places: Sequence[Place], points: int, worst: float) -> Identity:
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


def _discrete(model: pm.Model) -> dict[str, tuple[int, ...]]:
    """Name -> shape of each discrete variable."""
    start = model.initial_point(0)
    return {value.name: np.shape(start[value.name]) for value in model.discrete_value_vars}


def _alike(
    before: pm.Model, symmetry: Symmetry, maps: Maps, points: int, worst: float, seed: int
) -> Identity:
    """Whether the old model is the same in every arrangement; then each of its points is one of the new model's, rearranged."""
    try:
        drawn = drawn_from_prior(before, FROM_PRIOR, seed=seed)
    except Exception:
        return Identity(None, points, worst, why="the prior cannot be drawn from")
    terms = terms_of(before)
    if not all(unchanged(terms, symmetry, point) for point in drawn):
        return Identity(False, points, worst, why=symmetry.why)
    chosen = map(to_place(before, maps.old), map(symmetry.chosen, drawn))
    return _onto(maps, [*chosen], points, worst)


def _nearer(maps: Maps, where: Place) -> Place:
    """A place that decides, on the way from one of a wide prior, where a rate overflows, to the start; the place itself where none does."""
    start, at = maps.new.vector(), where.at
    for _ in range(HALVINGS):
        if maps.compare(Place(at, where.discrete)) is not None:
            return Place(at, where.discrete)
        at = start + (at - start) / 2
    return where


def _prior(model: pm.Model, discrete: Discrete, count: int, seed: int) -> list[Place]:
    """Points of the prior; where it cannot be drawn from, standard normal ones in the unconstrained space."""
    layout = Layout.of(model)
    try:
        places = [*map(to_place(model, layout), drawn_from_prior(model, count, seed=seed))]
        if all(np.isfinite(each.at).all() for each in places):
            return places
    except Exception:  # Flat has no prior draws; a user's own distribution may have none
        pass
    rng = np.random.default_rng(seed)
    return [Place(rng.normal(size=layout.size), discrete.start) for _ in range(count)]


def _pushed(places: Sequence[Place], seed: int) -> list[Place]:
    """Each second point with half of its coordinates moved far: extreme scales."""
    rng = np.random.default_rng(seed)
    return [
        Place(at + np.where(rng.random(at.size) < 0.5, rng.choice(EXTREME), 0.0), discrete)
        for at, discrete in places[::2]
    ]
