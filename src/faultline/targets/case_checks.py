"""The literal ``CHECKS`` of a case: what has to hold of the sections that its own probes measure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from faultline.core.errors import InputError, one_line, shown
from faultline.core.record import SECTIONS

EXAMPLE = '{"mass": {"title": "...", "where": "...", "checks": {"mass_kept": {"value": "drift", "at_most": 1e-6, ...}}}}'

_Rules = Mapping[str, tuple[Callable[[Any], bool], str]]


def _is_line(value: Any) -> bool:
    return isinstance(value, str) and value.isprintable() and bool(value.strip())


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


_LINE, _NUMBER = (_is_line, "one line of text"), (_is_number, "a number")
_SECTION: _Rules = {
    "title": _LINE,
    "where": _LINE,
    "checks": (lambda value: isinstance(value, dict) and bool(value), "a mapping of checks by their names"),
}
_LIMITS: _Rules = {
    "at_most": _NUMBER,
    "at_least": _NUMBER,
    "equals": (lambda value: isinstance(value, int | float), "a number, True or False"),
    "finite": (lambda value: value is True, "True"),
}
_CHECK: _Rules = {
    "value": _LINE,
    "words": _LINE,
    "cause": (lambda value: value in ("a", "b", "c"), "'a', 'b' or 'c'"),
    **_LIMITS,
    "exact": (lambda value: isinstance(value, bool), "True or False"),
}


def verify(ref: str, declared: Mapping[str, Mapping[str, Any]]) -> None:
    """Raise `InputError` where what a case declares as ``CHECKS`` cannot be judged; the sentence names the key."""
    seen: set[str] = set()
    for section, about in declared.items():
        if not section.isidentifier() or section in SECTIONS:
            raise InputError(
                f"case {ref}: CHECKS: {shown(section)} is reserved or not a Python identifier; choose another name for the section."
            )
        place = f"case {ref}: CHECKS: {one_line(section, 60)}"
        _fit(place, about, _SECTION, _SECTION)
        for name, check in about["checks"].items():
            if not name.isidentifier() or name in seen:
                raise InputError(
                    f"{place}: the check name {shown(name)} is repeated or not a Python identifier; give each check its own name."
                )
            seen.add(name)
            of_check = f"{place}.{one_line(name, 60)}"
            _fit(of_check, check, _CHECK, ("value", "words", "cause"))
            if len(_LIMITS.keys() & check.keys()) != 1:
                raise InputError(f"{of_check} must have exactly one of {', '.join(_LIMITS)}.")


def _fit(place: str, given: Any, rules: _Rules, needed: Any) -> None:
    """Raise `InputError` unless ``given`` is a mapping with these keys and none that the rules do not know."""
    if not isinstance(given, dict):
        raise InputError(f"{place} must be a mapping with {', '.join(needed)}, not {shown(given)}.")
    for key, value in given.items():
        if key not in rules:
            raise InputError(f"{place} has the unknown key {shown(key)}; the keys are {', '.join(rules)}.")
        is_right, wanted = rules[key]
        if not is_right(value):
            raise InputError(f"{place}.{key} must be {wanted}, not {shown(value)}.")
    if missing := [key for key in needed if key not in given]:
        raise InputError(f"{place} lacks {missing[0]}; add it.")
