"""Points of a model: drawn from its prior in own units, and as unconstrained vectors."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import numpy as np

from faultline.engine.draws import moving
from faultline.engine.layout import Layout

if TYPE_CHECKING:
    import pymc as pm

Point = Mapping[str, np.ndarray]
"""Name of a free variable -> its value, in its own units."""


def drawn_from_prior(model: pm.Model, count: int, *, seed: int) -> list[dict[str, np.ndarray]]:
    """Points of the prior. Raises what PyMC raises where it cannot be drawn from."""
    import pymc as pm

    drawn = pm.draw(model.free_RVs, draws=count, random_seed=seed)
    named = list(zip((rv.name for rv in model.free_RVs), drawn, strict=True))
    return [{name: np.asarray(values[i]) for name, values in named} for i in range(count)]


def vector(model: pm.Model, layout: Layout, point: Point) -> np.ndarray:
    """The unconstrained vector of a point."""
    return to_vector(model, layout)(point)


def to_vector(model: pm.Model, layout: Layout) -> Callable[[Point], np.ndarray]:
    """What makes the unconstrained vector of a point; compiled once for many."""
    move = moving(model, model.free_RVs)

    def made(point: Point) -> np.ndarray:
        found = move({name: np.asarray(value)[None] for name, value in point.items()})
        return np.concatenate([np.ravel(found[block.name]) for block in layout.blocks])

    return made
