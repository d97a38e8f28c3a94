"""What a case declares of the sections that its own probes measure: its literal ``CHECKS``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from faultline.core.sections.section import Row, Section


@dataclass(frozen=True, kw_only=True)
class CaseCheck(Section):
    """What has to hold of one value: it has one of the four limits.

    ``value``: its name in the section. ``exact``: whether a failure is a counterexample, which needs no statistics.
    """

    value: str = ""
    words: str = ""
    cause: str | None = None
    at_most: float | None = None
    at_least: float | None = None
    equals: float | bool | None = None
    finite: bool = False
    exact: bool = False


@dataclass(frozen=True, kw_only=True)
class CaseSection(Section):
    """A section of a case's own: ``found`` is what was measured, ``where`` says where to look if it is wrong."""

    title: str = ""
    where: str = ""
    checks: Mapping[str, CaseCheck] = field(default_factory=dict)
    found: Row = field(default_factory=dict)
