"""A check: one measured value held against one threshold."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class Check:
    """A named yes or no on a measured value.

    Attributes
    ----------
    name, value, threshold, comparison
        ``value comparison threshold`` is what was asked; ``value`` is None where it is not known.
    passed
        True, False, or None for unknown: what could not be computed never passes.
    note
        The finding in words.
    role
        ``fault``: False fails the group. ``standard``: the group passes only if it holds. ``remark``: worth knowing,
        decides nothing by itself.
    cause_class
        What a False would be a sign of: ``a``, ``b``, ``c`` or None.
    names
        The terms or variables that a False is about.
    """

    name: str
    value: float | str | bool | None
    threshold: float | bool | None
    comparison: str
    passed: bool | None
    note: str = ""
    role: str = "fault"
    cause_class: str | None = None
    names: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        return {**asdict(self), "names": list(self.names)}


def finite(value: Any) -> bool:
    """Whether a statistic is known: a number that is neither NaN nor infinite."""
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)


def at_most(name: str, value: Any, threshold: float, *, partly_unknown: bool = False, **about: Any) -> Check:
    """``value <= threshold``. With ``partly_unknown`` the value is the worst of those known: it can fail, not pass."""
    passed = (None if partly_unknown else True) if finite(value) else None
    if finite(value) and value > threshold:
        passed = False
    return Check(name, value if finite(value) else None, threshold, "<=", passed, **about)


def at_least(name: str, value: Any, threshold: float, *, partly_unknown: bool = False, **about: Any) -> Check:
    """``value >= threshold``, with the same meaning of ``partly_unknown``."""
    passed = (None if partly_unknown else True) if finite(value) else None
    if finite(value) and value < threshold:
        passed = False
    return Check(name, value if finite(value) else None, threshold, ">=", passed, **about)


def equals(name: str, value: Any, threshold: Any, **about: Any) -> Check:
    """``value == threshold``; None is unknown."""
    return Check(name, value, threshold, "==", None if value is None else bool(value == threshold), **about)
