"""What a case declares of the sections that its own probes measure: its literal ``CHECKS``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from faultline.core.check import Check, at_least, at_most, equals, finite
from faultline.core.sections.section import Row, Section


@dataclass(frozen=True, kw_only=True)
class Criterion(Section):
    """What has to hold of one figure: it has one of the four limits. It turns the figure into pass, fail or unknown.

    ``value``: the figure's name in the section. ``exact``: whether a failure is a counterexample, which needs no statistics.
    """

    value: str = ""
    words: str = ""
    cause: str | None = None
    at_most: float | None = None
    at_least: float | None = None
    equals: float | bool | None = None
    finite: bool = False
    exact: bool = False

    def check(self, name: str, figure: Any) -> Check:
        """The check of a figure; one that is missing, or that is no number, is unknown."""
        figure = figure if isinstance(figure, int | float) else None
        note = f"{self.words}: {'not known' if figure is None else figure}"
        if self.finite:
            known = None if figure is None else finite(figure)
            return equals(name, known, True, note=note, cause_class=self.cause)
        if self.equals is not None:
            note += f", must be exactly {self.equals}"
            return equals(name, figure, self.equals, note=note, cause_class=self.cause)
        note = f"{self.words}: {f'{figure:.2g}' if finite(figure) else 'not known'}"
        holds, limit = (at_most, self.at_most) if self.at_most is not None else (at_least, self.at_least)
        return holds(name, figure, limit, note=note, cause_class=self.cause)


@dataclass(frozen=True, kw_only=True)
class CaseSection(Section):
    """A section of a case's own: ``found`` is what was measured, ``where`` says where to look if it is wrong."""

    title: str = ""
    where: str = ""
    checks: Mapping[str, Criterion] = field(default_factory=dict)
    found: Row = field(default_factory=dict)
