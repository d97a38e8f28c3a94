"""All kinds of rewrites: what a model allows, and steps done one after another."""

from __future__ import annotations

from collections.abc import Sequence
from types import ModuleType
from typing import TYPE_CHECKING

from faultline.remedies import (
    centered,
    cut,
    half_turn,
    increments,
    innovations,
    non_centered,
    ordered,
    rotated,
    signs,
)
from faultline.remedies.rewrite import NotApplicable, Rewrite, Step

if TYPE_CHECKING:
    import pymc as pm

KINDS: tuple[ModuleType, ...] = (
    non_centered,
    centered,
    increments,
    innovations,
    ordered,
    rotated,
    signs,
    cut,
    half_turn,
)
"""Each has ``KIND``, ``candidates(model)`` and ``rewrite(model, step)``."""


def candidates(model: pm.Model) -> list[Step]:
    """Every change that the model allows."""
    return [step for kind in KINDS for step in kind.candidates(model)]


def rewritten(model: pm.Model, steps: Sequence[Step]) -> list[Rewrite]:
    """What each step makes of the model that the one before it has left.

    Raises
    ------
    NotApplicable
        There is no such kind, or the model does not allow it.
    """
    kinds, found = {kind.KIND: kind for kind in KINDS}, []
    for step in steps:
        if step["kind"] not in kinds:
            raise NotApplicable(f"there is no change of kind {step['kind']!r}")
        found.append(kinds[step["kind"]].rewrite(found[-1].after if found else model, step))
    return found
