"""Non-centering: a variable of a location-scale family as location plus scale times a variable of scale 1, or a matrix times it.

The joint density of location, scale and the new variable has no narrow place where the scale is small (Papaspiliopoulos,
Roberts and Sköld 2007; Betancourt and Girolami 2015).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from faultline.engine.factors import drawn_by
from faultline.remedies.matrices import root, solved, times
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

if TYPE_CHECKING:
    import pymc as pm

KIND = "non_centered"


@dataclass(frozen=True)
class Family:
    """How a distribution is made of one with location 0 and scale 1.

    Parameters
    ----------
    dist
        The name of its class in PyMC.
    location, scale
        Positions of these among the parameters of the Op; None: it has none.
    kept
        Positions of the parameters that stay, by their keyword.
    standard
        The keywords of location and scale of the standard variable, and their values there.
    of_log
        Whether the logarithm is what has location and scale.
    of_vectors
        Whether it draws vectors, and the scale is a matrix: of which the covariance is the square.
    """

    dist: str
    location: int | None
    scale: int
    standard: dict[str, float]
    kept: tuple[tuple[str, int], ...] = ()
    of_log: bool = False
    of_vectors: bool = False


FAMILIES = {
    "NormalRV": Family("Normal", 0, 1, {"mu": 0.0, "sigma": 1.0}),
    "StudentTRV": Family("StudentT", 1, 2, {"mu": 0.0, "sigma": 1.0}, (("nu", 0),)),
    "LaplaceRV": Family("Laplace", 0, 1, {"mu": 0.0, "b": 1.0}),
    "CauchyRV": Family("Cauchy", 0, 1, {"alpha": 0.0, "beta": 1.0}),
    "LogisticRV": Family("Logistic", 0, 1, {"mu": 0.0, "s": 1.0}),
    "GumbelRV": Family("Gumbel", 0, 1, {"mu": 0.0, "beta": 1.0}),
    "LogNormalRV": Family("Normal", 0, 1, {"mu": 0.0, "sigma": 1.0}, of_log=True),
    "HalfNormalRV": Family("HalfNormal", None, 1, {"sigma": 1.0}),
    "HalfCauchyRV": Family("HalfCauchy", None, 0, {"beta": 1.0}),
    "HalfStudentTRV": Family("HalfStudentT", None, 1, {"sigma": 1.0}, (("nu", 0),)),
    "ExponentialRV": Family("Exponential", None, 0, {"lam": 1.0}),
    "GammaRV": Family("Gamma", None, 1, {"beta": 1.0}, (("alpha", 0),)),
    "MvNormalRV": Family("Normal", 0, 1, {"mu": 0.0, "sigma": 1.0}, of_vectors=True),
}
"""Op of a distribution -> its family. Where a half distribution's Op has a location, PyMC sets it to 0."""


def candidates(model: pm.Model) -> list[Step]:
    """The variables whose location or scale depends on other free variables: how wide or where they are is not known beforehand."""
    return [
        {"kind": KIND, "names": [rv.name]}
        for rv in model.free_RVs
        if is_plain(rv)
        and (family := FAMILIES.get(type(drawn_by(rv)).__name__))
        and any(reaches(model, each) for each in _parameters(rv, family) if each is not None)
        and _transformed_as_expected(model, rv, family)
    ]


def rewrite(model: pm.Model, step: Step) -> Rewrite:
    """The model with the named variables non-centered.

    Raises
    ------
    NotApplicable
        One of them is of no such family.
    """
    import pymc as pm

    after = copied(model)
    values, added = {}, {}
    for name in step["names"]:
        rv, old = after[name], model[name]
        family = FAMILIES.get(type(drawn_by(rv)).__name__)
        if family is None or rv not in after.free_RVs:
            raise NotApplicable(f"{name} is of no location-scale family")
        raw_name = fresh_name(after, f"{name}_raw")
        kept = {keyword: rv.owner.op.dist_params(rv.owner)[at] for keyword, at in family.kept}
        dims = after.named_vars_to_dims.get(name)
        with after:
            raw = getattr(pm, family.dist)(raw_name, **family.standard, **kept, **size_of(model, old, dims))
        values[name] = _made(family, raw, *_parameters(rv, family))
        added[raw_name] = _undone(family, old, *_parameters(old, family))
    return Rewrite(model, started(model, exchanged(after, values)), added)


def _parameters(rv: Any, family: Family) -> tuple[Any, Any]:
    """Graphs of location (None: there is none) and scale."""
    params = rv.owner.op.dist_params(rv.owner)
    scale = params[family.scale]
    location = None if family.location is None else params[family.location]
    return location, root(scale) if family.of_vectors else scale


def _made(family: Family, raw: Any, location: Any, scale: Any) -> Any:
    import pytensor.tensor as pt

    scaled = times(scale, raw) if family.of_vectors else scale * raw
    found = scaled if location is None else location + scaled
    return pt.exp(found) if family.of_log else found


def _undone(family: Family, rv: Any, location: Any, scale: Any) -> Any:
    import pytensor.tensor as pt

    found = pt.log(rv) if family.of_log else rv
    found = found if location is None else found - location
    return solved(scale, found) if family.of_vectors else found / scale


def _transformed_as_expected(model: pm.Model, rv: Any, family: Family) -> bool:
    """Whether the sampler moves it as PyMC does by default: one with a transform of the user's own (an order) is left alone."""
    transform = model.rvs_to_transforms.get(rv)
    positive = family.of_log or family.location is None
    return getattr(transform, "name", None) == ("log" if positive else None)
