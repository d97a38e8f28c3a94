"""Dataclasses of settings: each field with its default, its meaning and its limits, from which a JSON schema is made.

`checking.checked` holds values against that schema, and `build` makes the dataclass of what it returns.
"""

from __future__ import annotations

import dataclasses
import types
import typing
from collections.abc import Mapping
from typing import Any, Literal

_JSON = {
    int: "integer",
    float: "number",
    bool: "boolean",
    str: "string",
    dict: "object",
    list: "array",
    types.NoneType: "null",
}


def option(default: Any, description: str, **limits: Any) -> Any:
    """A setting with a plain default. ``limits`` are keywords of its JSON schema."""
    return dataclasses.field(default=default, metadata={"description": description, **limits})


def block(kind: Any, description: str, **limits: Any) -> Any:
    """A setting whose default ``kind()`` makes: settings of its own, a list or a mapping."""
    return dataclasses.field(default_factory=kind, metadata={"description": description, **limits})


def object_schema(kind: type) -> dict[str, Any]:
    """The JSON schema of a dataclass of settings."""
    hints = typing.get_type_hints(kind)
    properties = {}
    for field in dataclasses.fields(kind):
        hint = hints[field.name]
        if inner := _block_in(hint):
            rule = object_schema(inner)
            if hint is not inner:
                rule |= {"type": ["object", "null"], "default": field.default}
            properties[field.name] = {**field.metadata, **rule}
        else:
            default = (
                field.default if field.default_factory is dataclasses.MISSING else field.default_factory()
            )
            properties[field.name] = {**field.metadata, **_value(hint), "default": default}
    return {"type": "object", "additionalProperties": False, "properties": properties}


def _block_in(hint: Any) -> Any:
    """The dataclass that a setting is, or may be; None for any other."""
    return next(
        (member for member in typing.get_args(hint) or (hint,) if dataclasses.is_dataclass(member)), None
    )


def _value(hint: Any) -> dict[str, Any]:
    members = (
        (hint,) if typing.get_origin(hint) in (Literal, dict, list) else typing.get_args(hint) or (hint,)
    )
    names = [
        _JSON[str if typing.get_origin(member) is Literal else typing.get_origin(member) or member]
        for member in members
    ]
    rule: dict[str, Any] = {"type": names[0] if len(names) == 1 else names}
    for member in members:
        if typing.get_origin(member) is Literal:
            rule["enum"] = [*typing.get_args(member), *([None] if len(names) > 1 else [])]
        if typing.get_origin(member) is dict:
            rule["additionalProperties"] = {"type": _JSON[typing.get_args(member)[1]]}
    return rule


def build(kind: type, values: Mapping[str, Any]) -> Any:
    """A dataclass of settings with these values, which fit its schema, over its defaults."""
    hints = typing.get_type_hints(kind)
    nested = {
        name: build(inner, value) if (inner := _block_in(hints[name])) and value is not None else value
        for name, value in values.items()
    }
    return kind(**nested)
