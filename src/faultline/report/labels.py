"""The words for outcomes, causes and checks, the same in every report and in the summary."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from faultline.core.sections.section import Row
from faultline.findings.parts import DESCRIBED
from faultline.findings.words import CAUSES
from faultline.report.markdown import code, exact, known, number, table, text

OUTCOMES = {
    "pass": "PASS",
    "fail": "FAIL",
    "inconclusive": "INCONCLUSIVE",
    "error": "ERROR",
    "not_run": "NOT RUN",
}
MARKS = {"pass": "✓", "fail": "✗", "inconclusive": "?", "error": "!", "not_run": "–"}
_PASSED = {True: "✓ pass", False: "✗ fail", None: "? unknown"}
_ROLES = {"fault": "a failure", "standard": "whether it passes", "remark": "nothing by itself"}
_SIGNS = {"<=": "at most", ">=": "at least", "==": "exactly", "<": "below", ">": "above", "!=": "not"}


def outcome(name: str | None) -> str:
    """``✗ FAIL``; of a group that was not judged there is no name."""
    return f"{MARKS.get(name, '?')} {OUTCOMES.get(name, 'NOT JUDGED')}"


def cause(letter: Any) -> str | None:
    """``bad geometry or parameterization``, or None where no cause is named. Records have the letter."""
    return CAUSES.get(letter)


def part(name: str) -> str:
    """A name from the model as code, a part that only words describe as words."""
    return text(name) if name in DESCRIBED else code(name)


def parts(component: str | None) -> str | None:
    """The part at fault, or None where none is named: several names are joined by a plus."""
    if not component or component == "unknown":
        return None
    return " and ".join(part(name) for name in component.split(" + "))


def with_article(named: str) -> str:
    """``the core model``; a name of the model's own has no article."""
    return named if named.startswith("`") else f"the {named}"


def checks_table(checks: Iterable[Row]) -> str:
    """Every check with its value, its limit and whether it passed; what could not be computed is unknown."""
    rows = [
        [
            result(check),
            text(str(check.get("name", "")).replace("_", " ")),
            value(check.get("value")),
            limit(check),
            _ROLES.get(check.get("role"), ""),
            text(check.get("note") or ""),
        ]
        for check in checks
    ]
    if not rows:
        return "No check was made."
    return table(["result", "check", "measured", "limit", "what it decides", "in words"], rows, right=[2])


def result(check: Row) -> str:
    """``✓ pass``, ``✗ fail``, ``? unknown``, or ``! remark`` where what does not hold decides nothing."""
    passed = check.get("passed")
    if passed is False and check.get("role") == "remark":
        return "! remark"
    return _PASSED[passed] if isinstance(passed, bool) else _PASSED[None]


def limit(check: Row) -> str:
    """``at most 1.01``."""
    if check.get("threshold") is None:
        return ""
    if isinstance(check["threshold"], bool):
        return value(check["threshold"])
    sign = _SIGNS.get(check.get("comparison"), text(check.get("comparison") or ""))
    return f"{sign} {value(check['threshold'])}".strip()


def value(measured: Any) -> str:
    """A check's value: a number, a yes or no, a name, or a few of them."""
    if isinstance(measured, bool):
        return "yes" if measured else "no"
    if isinstance(measured, str):
        return code(measured)
    if isinstance(measured, (list, tuple)):
        return ", ".join(value(item) for item in measured) or "none"
    if isinstance(measured, float) and not known(measured):
        return "unknown" if measured != measured else exact(measured)
    return number(measured)
