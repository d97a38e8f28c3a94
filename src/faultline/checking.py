"""Holding a value against its JSON schema: what it means there, or one sentence that says what is wrong with it.

The part of JSON Schema that ``faultline.config`` uses: types, enum, limits, pattern, minLength, items, properties.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from difflib import get_close_matches
from typing import Any

from faultline.errors import InputError

_NAME_IN_WORDS = "one name of letters, digits, '.', '_', '+' and '-'"
_IN_WORDS = {
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "string": "text",
    "object": "a mapping",
    "array": "a list",
    "null": "null",
}
_PYTHON = {
    "integer": int,
    "number": (int, float),
    "boolean": bool,
    "string": str,
    "object": dict,
    "array": list,
    "null": type(None),
}


def checked(value: Any, rule: Mapping[str, Any], where: tuple[str, ...] = ()) -> Any:
    """``value`` as the rule wants it, or an ``InputError`` that says what is wrong with it."""
    allowed = [rule["type"]] if isinstance(rule["type"], str) else rule["type"]
    value = _converted(value, allowed)
    name = ".".join(where) or "the configuration"
    if not any(
        isinstance(value, _PYTHON[t]) and (t == "boolean") == isinstance(value, bool) for t in allowed
    ):
        wanted = " or ".join(_IN_WORDS[t] for t in allowed)
        raise InputError(f"config: {name} must be {wanted}, not {value!r}.")
    if "enum" in rule and value not in rule["enum"]:
        raise InputError(f"config: {name} must be one of {', '.join(rule['enum'])}, not {value!r}.")
    if isinstance(value, str):
        if len(value) < rule.get("minLength", 0):
            raise InputError(f"config: {name} must not be empty.")
        if "pattern" in rule and not re.search(rule["pattern"], value):
            raise InputError(f"config: {name} must be {_NAME_IN_WORDS}, not {value!r}.")
    if isinstance(value, int | float):
        for key, broken, words in (
            ("minimum", lambda limit: not value >= limit, "at least"),
            ("maximum", lambda limit: not value <= limit, "at most"),
            ("exclusiveMinimum", lambda limit: not value > limit, "more than"),
            ("exclusiveMaximum", lambda limit: not value < limit, "less than"),
        ):
            if key in rule and broken(rule[key]):
                raise InputError(f"config: {name} must be {words} {rule[key]}, not {value}.")
    if isinstance(value, list):
        return [
            checked(item, rule["items"], (*where[:-1], f"{where[-1]}[{i}]")) for i, item in enumerate(value)
        ]
    if isinstance(value, Mapping):
        return {
            key: checked(item, _rule_of(key, rule, where), (*where, str(key))) for key, item in value.items()
        }
    return value


def _rule_of(key: Any, rule: Mapping[str, Any], where: tuple[str, ...]) -> Mapping[str, Any]:
    known = rule.get("properties", {})
    if key in known:
        return known[key]
    if rule.get("additionalProperties"):
        return rule["additionalProperties"]
    place = f" in {'.'.join(where)}" if where else ""
    close = get_close_matches(str(key), known, n=1)
    hint = f"did you mean {close[0]!r}?" if close else f"the keys are {', '.join(known)}."
    raise InputError(f"config: unknown key {str(key)!r}{place}; {hint}")


def _converted(value: Any, allowed: list[str]) -> Any:
    """``value``, or what it means: Snakemake's ``--config`` hands over everything nested as text, YAML reads dates."""
    if value is None and "object" in allowed:
        return {}
    if value is None and "array" in allowed:
        return []
    if "string" in allowed and isinstance(value, date):
        return value.isoformat().replace(":", "-")
    if "string" in allowed and isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    if not isinstance(value, str):
        return value
    word = value.strip().lower()
    if "null" in allowed and word in ("null", "none", "~", ""):
        return None
    if "boolean" in allowed and word in ("true", "false"):
        return word == "true"
    for name, kind in (("integer", int), ("number", float)):
        if name in allowed:
            try:
                return kind(value)
            except ValueError:
                continue
    return value
