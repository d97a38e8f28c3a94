"""Points of a model: drawn from its prior in own units, and as unconstrained vectors beside the values of its discrete variables."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from faultline.engine.backend import PLAIN, compile_mode, without_compiler
from faultline.engine.draws import moving
from faultline.engine.layout import Layout

if TYPE_CHECKING:
    import pymc as pm

Point = Mapping[str, np.ndarray]
"""Name of a free variable -> its value, in its own units."""


class Place(NamedTuple):
    """A point as compiled code takes it."""

    at: np.ndarray
    """The unconstrained vector, (n,)."""
    discrete: Point
    """The values of the discrete variables."""


class Discrete:
    """A model's discrete variables as shared variables: one function serves all of their values."""

    def __init__(self, model: pm.Model) -> None:
        import pytensor

        start = model.initial_point(0)
        self.shared = {
            value.name: pytensor.shared(
                np.asarray(start[value.name], dtype=value.dtype), name=value.name, shape=value.type.shape
            )
            for value in model.discrete_value_vars
        }
        self.start = {name: shared.get_value() for name, shared in self.shared.items()}

    def hold(self, values: Point) -> None:
        """Set them to these values, of a mapping that may have others, too."""
        for name, shared in self.shared.items():
            shared.set_value(np.asarray(values[name], dtype=shared.dtype).reshape(self.start[name].shape))


def drawn_from_prior(model: pm.Model, count: int, *, seed: int) -> list[dict[str, np.ndarray]]:
    """Points of the prior. Raises what PyMC raises where it cannot be drawn from."""
    import pymc as pm

    with without_compiler():  # a few points are drawn before numba has compiled
        drawn = pm.draw(model.free_RVs, draws=count, random_seed=seed, mode=compile_mode(PLAIN))
    named = list(zip((rv.name for rv in model.free_RVs), drawn, strict=True))
    return [{name: np.asarray(values[i]) for name, values in named} for i in range(count)]


def to_vector(model: pm.Model, layout: Layout) -> Callable[[Point], np.ndarray]:
    """What makes the unconstrained vector of a point; compiled once for many."""
    move = moving(model, model.free_RVs)

    def made(point: Point) -> np.ndarray:
        found = move({name: np.asarray(value)[None] for name, value in point.items()})
        return np.concatenate([np.ravel(found[block.name]) for block in layout.blocks])

    return made


def to_place(model: pm.Model, layout: Layout) -> Callable[[Point], Place]:
    """What makes of a point what compiled code takes; compiled once for many."""
    move, names = to_vector(model, layout), [value.name for value in model.discrete_value_vars]
    return lambda point: Place(move(point), {name: point[name] for name in names})
