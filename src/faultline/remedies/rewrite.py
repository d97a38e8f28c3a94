"""A model written another way, and the map between the two: what every kind of rewrite makes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from faultline.engine.freeze import without_initvals

if TYPE_CHECKING:
    import numpy as np
    import pymc as pm

Step = Mapping[str, Any]
"""What a change is asked by."""


class NotApplicable(Exception):
    """The model does not allow this change; the message says why."""


class Symmetry(Protocol):
    """What leaves a model as it is, so that one of its arrangements stands for all."""

    why: str
    """What there is to say of a model that it does not leave as it is."""

    def others(self, point: Mapping[str, np.ndarray]) -> Iterator[dict[str, np.ndarray]]:
        """What becomes of a point, by each of a set of changes that make up all of them."""

    def chosen(self, point: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        """The arrangement of a point that the new model has."""


@dataclass(frozen=True)
class Rewrite:
    """A model before and after one step.

    Parameters
    ----------
    before, after
        Both have the same observed variables and potentials. Free variables of ``before`` that are none in ``after`` are Deterministics
        there, under their names.
    added
        Name of a free variable that only ``after`` has -> what it is in terms of the variables of ``before``: a graph over these.
    constant
        What the log-density of ``after`` has more than that of ``before``, once the map's volume is counted: 0 for a bijection.
    symmetry
        What the model does not tell apart, where ``after`` has one arrangement only.
    """

    before: pm.Model
    after: pm.Model
    added: Mapping[str, Any] = field(default_factory=dict)
    constant: float = 0.0
    symmetry: Symmetry | None = None

    @property
    def replaced(self) -> list[str]:
        """Free variables that ``after`` computes."""
        kept = {rv.name for rv in self.after.free_RVs}
        return [rv.name for rv in self.before.free_RVs if rv.name not in kept]


def copied(model: pm.Model) -> pm.Model:
    """A copy without start values, which PyMC's transforms of models refuse.

    A value at which the user starts a variable is in its own units, and stays right for those that a rewrite keeps (`started`).
    """
    with without_initvals(model):
        return model.copy()


def exchanged(model: pm.Model, values: Mapping[str, Any]) -> pm.Model:
    """A model in which the named free variables are these graphs over its other variables, as Deterministics."""
    import pymc as pm

    return pm.do(model, dict(values))


def started(before: pm.Model, after: pm.Model) -> pm.Model:
    """The model after a rewrite, with the start values of free variables that it keeps. Symbolic ones are left out."""
    import numpy as np

    given = {rv.name: value for rv, value in before.rvs_to_initial_values.items() if value is not None}
    for rv in after.free_RVs:
        if isinstance(given.get(rv.name), int | float | list | tuple | np.ndarray):
            after.set_initval(rv, given[rv.name])
    return after


def fresh_name(model: pm.Model, name: str) -> str:
    """A name that the model does not have yet."""
    while name in model.named_vars:
        name += "_"
    return name


def is_plain(rv: Any) -> bool:
    """Whether a variable is a tensor like any other: those of pymc.dims have arithmetic of their own, and are left alone."""
    from pytensor.tensor.type import TensorType

    return isinstance(rv.type, TensorType)


def reaches(model: pm.Model, graph: Any) -> list[str]:
    """Free variables that a graph depends on."""
    from pytensor.graph.traversal import ancestors

    above = set(ancestors([graph]))
    return [rv.name for rv in model.free_RVs if rv in above]


def size_of(model: pm.Model, rv: Any, dims: Sequence[Any] | None) -> dict[str, Any]:
    """How large a variable of the same size is: by its dimensions, or by its shape, which must not depend on what it replaces."""
    from faultline.engine.backend import evaluate

    if dims and all(dims):
        return {"dims": dims}
    (shape,) = evaluate(model, [rv.shape])
    return {"shape": tuple(int(n) for n in shape)}


def bare(graph: Any) -> Any:
    """A graph without what only adds axes."""
    from pytensor.tensor.elemwise import DimShuffle

    while graph.owner is not None and isinstance(graph.owner.op, DimShuffle):
        graph = graph.owner.inputs[0]
    return graph
