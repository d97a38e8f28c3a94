"""Holding a value against its JSON schema: what it means there, or one sentence that says what is wrong with it.

The part of JSON Schema that ``faultline.plan.config`` uses: types, enum, limits, pattern, minLength, items, properties.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime
from difflib import get_close_matches
from typing import Any

from faultline.core.errors import InputError, one_line, shown

NAME = r"^[A-Za-z0-9][A-Za-z0-9._+-]*$"
"""What becomes part of the names of files, and may stand in a command."""
PATH = r"^[^{}\u0000-\u001f\u007f]*$"
"""A path without what Snakemake takes for a wildcard, and without control characters."""
_PATTERNS = {
    NAME: "one name of letters, digits, '.', '_', '+' and '-'",
    PATH: "a path without braces or control characters",
}
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
    unquoted = "string" in allowed and isinstance(value, int | float | date)
    hint = "; put it in quotes if it is a name" if unquoted else ""
    if not any(
        isinstance(value, _PYTHON[t]) and (t == "boolean") == isinstance(value, bool) for t in allowed
    ):
        wanted = " or ".join(_IN_WORDS[t] for t in allowed)
        raise InputError(f"config: {name} must be {wanted}, not {shown(value)}{hint}.")
    if "enum" in rule and value not in rule["enum"]:
        raise InputError(
            f"config: {name} must be one of {', '.join(filter(None, rule['enum']))}, not {shown(value)}."
        )
    if isinstance(value, str):
        if len(value) < rule.get("minLength", 0):
            raise InputError(f"config: {name} must not be empty.")
        if len(value) > rule.get("maxLength", len(value)):
            raise InputError(f"config: {name} has {len(value)} characters; give at most {rule['maxLength']}.")
        if "pattern" in rule and not re.fullmatch(rule["pattern"], value):
            raise InputError(f"config: {name} must be {_PATTERNS[rule['pattern']]}, not {shown(value)}.")
    if isinstance(value, int | float):
        for key, broken, words in (
            ("minimum", lambda limit: not value >= limit, "at least"),
            ("maximum", lambda limit: not value <= limit, "at most"),
            ("exclusiveMinimum", lambda limit: not value > limit, "more than"),
            ("exclusiveMaximum", lambda limit: not value < limit, "less than"),
        ):
            if key in rule and broken(rule[key]):
                raise InputError(f"config: {name} must be {words} {rule[key]}, not {shown(value)}.")
    if isinstance(value, list):
        return [
            checked(item, rule["items"], (*where[:-1], f"{where[-1]}[{i}]")) for i, item in enumerate(value)
        ]
    if isinstance(value, Mapping):
        return {
            key: checked(item, _rule_of(key, rule, where), (*where, _word(key)))
            for key, item in value.items()
        }
    return value


def exact_texts(
    read: Any,
    written: Any,
    rule: Mapping[str, Any],
    where: tuple[str, ...] = (),
    reader: str = "YAML",
    cure: str = "put it in quotes",
) -> None:
    """Refuse what was read as a number or a time where text is wanted, unless it means just what was written; and a number that people
    read as another one (0123, 1:30).

    Parameters
    ----------
    read, written
        The same content, once as YAML reads it and once with every word as it stands.
    """
    if isinstance(read, dict) and isinstance(written, dict):
        known, other = rule.get("properties", {}), rule.get("additionalProperties") or {}
        for key, value in read.items():
            exact_texts(value, written.get(key), known.get(key, other), (*where, _word(key)))
    elif (
        isinstance(read, int | float | date) and isinstance(written, str) and "string" in rule.get("type", ())
    ):
        text = _converted(read, ["string"])
        same = (written, written.strip().replace(" ", "T").replace(":", "-"))
        if not isinstance(read, bool) and text not in same:
            raise InputError(
                f"config: {'.'.join(where)}: {reader} reads {shown(written)} as {shown(read)}; {cure}."
            )
    elif (
        isinstance(read, int | float) and isinstance(written, str) and re.match(r"[+-]?0[0-9_]|.*:", written)
    ):
        raise InputError(
            f"config: {'.'.join(where)}: {reader} reads {shown(written)} as {shown(read)}; write {shown(read)} if you mean that."
        )


def _word(key: Any) -> str:
    return one_line(key, 60) if isinstance(key, str) else shown(key)


def _rule_of(key: Any, rule: Mapping[str, Any], where: tuple[str, ...]) -> Mapping[str, Any]:
    known = rule.get("properties", {})
    if key in known:
        return known[key]
    if rule.get("additionalProperties"):
        if not isinstance(key, str):
            raise InputError(f"config: the keys of {'.'.join(where)} must be names, not {_word(key)}.")
        return rule["additionalProperties"]
    place = f" in {'.'.join(where)}" if where else ""
    inside = [f"{name}.{key}" for name, section in known.items() if key in section.get("properties", {})]
    close = inside or get_close_matches(_word(key), known, n=1)
    hint = f"did you mean {close[0]!r}?" if close else f"the keys are {', '.join(known)}."
    raise InputError(f"config: unknown key {_word(key)!r}{place}; {hint}")


def _converted(value: Any, allowed: list[str]) -> Any:
    """``value``, or what it means: Snakemake's ``--config`` hands over everything nested as text, YAML reads dates."""
    if value is None and "null" not in allowed:
        value = {} if "object" in allowed else [] if "array" in allowed else None
    # A time of day stands for itself where it has no zone and no fraction; a fraction (1.10) has lost how it was written.
    if "string" in allowed and isinstance(value, date):
        exact = not isinstance(value, datetime) or (value.tzinfo is None and not value.microsecond)
        return value.isoformat().replace(":", "-") if exact else value
    if "string" in allowed and isinstance(value, int) and not isinstance(value, bool):
        return str(value) if value.bit_length() < 200 else value
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
