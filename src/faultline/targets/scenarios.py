"""Scenarios that go on from another one: ``SCENARIOS = {"one": {...}, "two": {"previous": "one", ...}}``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from faultline.core.errors import InputError, one_line, shown
from faultline.targets.pipeline import PREVIOUS, Stage


def predecessors(stages: Sequence[Stage], literals: Mapping[str, Any]) -> dict[str, str]:
    """Scenario -> the one before, of those that name one. A workflow alone has none: there, it is a key of its config like any other."""
    if "PIPELINE" in literals and len(stages) == 1:
        return {}
    rows = literals.get("SCENARIOS", {})
    return {name: row[PREVIOUS] for name, row in rows.items() if row.get(PREVIOUS) is not None}


def before(found: Mapping[str, str], scenario: str | None) -> list[str]:
    """The scenarios that one goes on from, itself or through others, the nearest first. ``found``: each with the one before."""
    names: list[str] = []
    while scenario in found and scenario not in names[:-1]:
        scenario = found[scenario]
        names.append(scenario)
    return names


def verify(ref: str, stages: Sequence[Stage], literals: Mapping[str, Any]) -> None:
    """Raise `InputError` where a scenario goes on from one that there is not, or, perhaps through others, from itself."""
    found, scenarios = predecessors(stages, literals), literals.get("SCENARIOS", {})
    for name, other in found.items():
        if not isinstance(other, str) or other not in scenarios:
            raise InputError(
                f"case {ref}: SCENARIOS: {shown(name)}: {PREVIOUS} is {shown(other)}, which is no scenario; name one of {', '.join(scenarios)}, "
                "or call the entry something else."
            )
    for name in found:
        if name in (names := before(found, name)):
            circle = one_line(" -> ".join([name, *names[: names.index(name) + 1]]), 200)
            raise InputError(
                f"case {ref}: SCENARIOS: {PREVIOUS} goes in a circle ({circle}); remove one of them."
            )
