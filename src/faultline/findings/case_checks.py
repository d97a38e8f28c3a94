"""The checks that a case declares of what its own probes measure, with its own limits and words."""

from __future__ import annotations

from collections.abc import Iterable

from faultline.core.check import Check
from faultline.core.sections.record import Record


def checks(record: Record) -> list[Check]:
    """One check for each criterion that is declared."""
    return [
        criterion.check(name, section.found.get(criterion.value))
        for section in record.case_checks.values()
        for name, criterion in section.checks.items()
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
