"""The checks that a case declares of what its own probes measure, with its own limits and words."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from faultline.core.check import Check, at_least, at_most, equals, finite
from faultline.core.sections.case_checks import CaseCheck
from faultline.core.sections.record import Record


def checks(record: Record) -> list[Check]:
    """One check for each that is declared; a value that the section lacks, or that is no number, is unknown."""
    return [
        _check(name, about, section.found.get(about.value))
        for section in record.case_checks.values()
        for name, about in section.checks.items()
    ]


def names(record: Record) -> set[str]:
    """The names of these checks."""
    return {name for section in record.case_checks.values() for name in section.checks}


def exact(records: Iterable[Record]) -> dict[str, str | None]:
    """Checks that show a counterexample where they fail, with the kind of cause that it shows."""
    sections = [section for record in records for section in record.case_checks.values()]
    return {
        name: about.cause for section in sections for name, about in section.checks.items() if about.exact
    }


def where_to_look(record: Record) -> str:
    """Where to look in the part that a group adds, by the case's own words."""
    places = [section.where for section in record.case_checks.values()]
    return "; ".join(places) or "the terms and variables that it adds"


def _check(name: str, about: CaseCheck, value: Any) -> Check:
    value = value if isinstance(value, int | float) else None
    note = f"{about.words}: {'not known' if value is None else value}"
    if about.finite:
        known = None if value is None else finite(value)
        return equals(name, known, True, note=note, cause_class=about.cause)
    if about.equals is not None:
        note += f", must be exactly {about.equals}"
        return equals(name, value, about.equals, note=note, cause_class=about.cause)
    note = f"{about.words}: {f'{value:.2g}' if finite(value) else 'not known'}"
    holds, limit = (at_most, about.at_most) if about.at_most is not None else (at_least, about.at_least)
    return holds(name, value, limit, note=note, cause_class=about.cause)
