"""The published figures of a case (its ``REFERENCE``), shown beside the measured ones under the record's own names."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from faultline.core.sections.record import Record
from faultline.report.markdown import code, number, seconds, text

# Names under which a case may give a figure -> the name it has in the record.
_ALIASES = {
    "compile_seconds": "compile",
    "first_seconds": "first",
    "evaluate": "first",
    "evaluate_seconds": "first",
    "evaluation": "first",
    "seconds_sampling": "seconds",
}
_TIMINGS = {"build", "compile", "first", "steady"}
TIMED = _TIMINGS | {"n_values"}


def figures(record: Record) -> dict[str, Any]:
    """Published figures by the record's names."""
    return {_ALIASES.get(key, key): value for key, value in record.reference.items()}


def shown(record: Record, key: str, show: Callable[[Any], str] = number) -> str:
    """One published figure as text; empty where none was published."""
    value = figures(record).get(key)
    if value is None:
        return ""
    return text(value) if isinstance(value, str) else show(value)


def timings(record: Record) -> dict[str, str]:
    """The published times and sizes of the gradient, as text."""
    found = {key: shown(record, key, seconds) for key in _TIMINGS}
    return found | {"n_values": shown(record, "n_values")}


def others(record: Record, used: set[str]) -> str:
    """A line with the published figures that no table has shown, or nothing."""
    rest = {key: value for key, value in figures(record).items() if key not in used and value is not None}
    if not rest:
        return ""
    listed = ", ".join(
        f"{code(key)} {text(value) if isinstance(value, str) else number(value)}"
        for key, value in rest.items()
    )
    return f"Also published: {listed}."
