"""Two models as functions of their unconstrained vectors, and the map from the new one to the old one."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from faultline.engine.factors import Factors
from faultline.engine.layout import Layout
from faultline.remedies.points import Discrete, Place
from faultline.remedies.rewrite import Rewrite

if TYPE_CHECKING:
    import pymc as pm

TOLERANCE = 1e-8
"""Relative to the sizes of the terms that are added up. What differs by rounding agrees to 1e-12; a lost initial term of a long random
walk shows as 4e-7 at points of the posterior."""

DECIDES = 1e-6
"""A point decides nothing where rounding of the old variables, seen through the inverse map, is larger: at ``mu + 1e-40 raw`` nothing of
``raw`` is left."""

SHAKEN = 4
"""Points next to one, a last digit away, at which a difference is computed again."""

ROUNDING = 8
"""A difference of at most as many times what it changes by there is rounding, and decides nothing: a covariance whose smallest and largest
eigenvalue are far apart is factored to a few digits."""


class Maps:
    """The two models as functions of their unconstrained vectors, and the map between these."""

    def __init__(self, rewrite: Rewrite) -> None:
        self.rewrite = rewrite
        self.discrete = Discrete(rewrite.before)
        self.before, self.after = (
            Factors(model, discrete=self.discrete.shared).plain() for model in (rewrite.before, rewrite.after)
        )
        self.old, self.new = self.before.layout, self.after.layout
        self._to_old, self.slope = self._map(rewrite.before, rewrite.after, self.old, self.new)
        self.moved = _moved(rewrite)
        computed = {rv.name: rewrite.before[rv.name] for rv in rewrite.before.free_RVs}
        self._to_new, _ = self._map(
            rewrite.after, rewrite.before, self.new, self.old, {**computed, **rewrite.added}, slope=False
        )

    def _map(
        self,
        target: pm.Model,
        source: pm.Model,
        to: Layout,
        of: Layout,
        graphs: Mapping[str, Any] | None = None,
        slope: bool = True,
    ) -> tuple[Callable[[Place], np.ndarray], Callable[[Place], np.ndarray] | None]:
        """The unconstrained vector of ``target`` as a function of a place of ``source``, and its derivative."""
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
        outputs, vector = of.join(source, [joined], self.discrete.shared)
        traced = xla.trace(source, outputs, vector)

        def function(at: Any, *data: Any) -> Any:
            return traced.function(at, *data)[0]

        def called(jitted: Any) -> Callable[[Place], np.ndarray]:
            def at(where: Place) -> np.ndarray:
                self.discrete.hold(where.discrete)
                return np.asarray(jitted(where.at, *(each.get_value() for each in traced.shared)))

            return at

        return called(jax.jit(function)), called(jax.jit(jax.jacfwd(function))) if slope else None

    def possible(self, where: Place) -> Place:
        """A place, with its discrete variables at the start of the model where the data rule their values out."""
        self.discrete.hold(where.discrete)
        if not self.discrete.start or np.isfinite(self.after.totals(where.at)).all():
            return where
        return Place(where.at, self.discrete.start)

    def compare(self, where: Place) -> dict[str, float] | None:
        """Term -> relative difference at a place of the new model; None where it decides nothing."""
        old, slope = self._to_old(where), self.slope(where)
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
        self.discrete.hold(where.discrete)
        found = self._differences(where.at, old, volume)
        if found is None or max(found.values()) <= TOLERANCE:
            return found
        shaken = [
            self._differences(_shaken(where.at, i), _shaken(old, -i), volume) for i in range(1, SHAKEN + 1)
        ]
        if any(each is None for each in shaken):
            return None
        moves = {name: max(abs(each[name] - found[name]) for each in shaken) for name in found}
        rounding = all(found[name] <= max(TOLERANCE, ROUNDING * moves[name]) for name in found)
        return None if rounding else found

    def _differences(self, at: np.ndarray, old: np.ndarray, volume: float) -> dict[str, float] | None:
        """Term -> relative difference of the new model at a vector and of the old one at another; None where one is not finite."""
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

    def inverse_errors(self, places: Sequence[Place]) -> list[float]:
        """How far T of its inverse is from where it started, relative to that and beyond rounding, of each place that decides."""
        found = []
        for where in places:
            there = Place(self._to_new(where), where.discrete)
            back, slope = self._to_old(there), self.slope(there)
            lost = np.abs(slope).sum(axis=1).max() * np.finfo(float).eps * np.abs(there.at).max(initial=1.0)
            if lost > DECIDES:  # rounding of the new variables alone leads as far away
                continue
            error = np.abs(back - where.at) / np.maximum(1.0, np.abs(where.at))
            found.append(
                float(np.maximum(error - lost, 0.0).max(initial=0.0)) if np.isfinite(error).all() else np.inf
            )
        return found


def _shaken(at: np.ndarray, seed: int) -> np.ndarray:
    """A vector with the last digit of each coordinate changed, up or down."""
    rng = np.random.default_rng(abs(seed) * 2 + (seed < 0))
    return at * (1 + np.finfo(float).eps * rng.choice([-1.0, 1.0], size=at.size))


def _differ(ours: np.ndarray, theirs: np.ndarray) -> float:
    """Largest relative difference of two terms, element by element."""
    if ours.shape != theirs.shape:
        return np.inf
    return float((np.abs(ours - theirs) / np.maximum(1.0, np.abs(theirs))).max(initial=0.0))


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
