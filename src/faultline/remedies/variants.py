"""The case's own variants: which parts of a model another choice of one changes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from faultline.criteria.remedies import VARIANT
from faultline.engine.factors import Factors, drawn_by
from faultline.remedies.rewrite import Step

if TYPE_CHECKING:
    import pymc as pm

EQUAL = 1e-9
"""Relative difference of two terms that only rounding explains."""


def candidates(
    model: pm.Model,
    choices: Mapping[str, Sequence[str]],
    chosen: Mapping[str, str],
    build: Callable[[Mapping[str, str]], pm.Model],
    start: Callable[[Mapping[str, str]], str],
) -> list[Step]:
    """Every other choice of a variant that changes the model, and the variables and terms that it changes.

    Parameters
    ----------
    choices, chosen
        Name of a variant -> its choices, and the one with which ``model`` was built.
    build, start
        The model, and the name of PyMC's method to start it, with all variants chosen.
    """
    found: list[Step] = []
    for name, others in choices.items():
        for choice in others:
            if choice == chosen[name]:
                continue
            other = {**chosen, name: choice}
            try:
                names = touched(model, build(other))
                if not names and start(other) != start(chosen):
                    names = [rv.name for rv in model.free_RVs]
            except Exception:  # choices that do not go together: the case's own code says so
                continue
            if names:
                found.append({"kind": VARIANT, "names": names, "variant": name, "choice": choice})
    return found


def touched(before: pm.Model, after: pm.Model) -> list[str]:
    """Free variables of ``before`` that are not in ``after`` as they were, or that start elsewhere, and terms that have another value."""
    ours, theirs = ({rv.name: rv for rv in model.free_RVs} for model in (before, after))
    gone = [name for name, rv in ours.items() if name not in theirs or _kind(rv) != _kind(theirs[name])]
    if gone or ours.keys() != theirs.keys():
        return gone or _changed(before, after)
    return _changed(before, after) or _started_elsewhere(before, after)


def _kind(rv: object) -> tuple[str, tuple[int | None, ...]]:
    return type(drawn_by(rv)).__name__, tuple(rv.type.shape)


def _changed(before: pm.Model, after: pm.Model) -> list[str]:
    """Terms with another value at the start of ``before``."""
    ours, theirs = Factors(before).plain(), Factors(after, start=before.initial_point()).plain()
    at = ours.layout.vector()
    if theirs.layout.size != ours.layout.size:
        return []
    one, other = (dict(zip(each.names, each.elements(at), strict=True)) for each in (ours, theirs))
    return [name for name, value in one.items() if name not in other or not _equal(value, other[name])]


def _equal(one: np.ndarray, other: np.ndarray) -> bool:
    return np.shape(one) == np.shape(other) and np.allclose(
        one, other, rtol=EQUAL, atol=EQUAL, equal_nan=True
    )


def _started_elsewhere(before: pm.Model, after: pm.Model) -> list[str]:
    here, there = before.initial_point(), after.initial_point()
    values = {rv.name: before.rvs_to_values[rv].name for rv in before.free_RVs}
    return [name for name, value in values.items() if not _equal(here[value], there.get(value))]
