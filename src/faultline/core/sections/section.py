"""What every section of a record has in common: how it is read, and that one which was not measured is empty and false."""

from __future__ import annotations

import types
import typing
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from functools import cache
from typing import Any, Self

Row = Mapping[str, Any]
"""What one probe found about one thing: it has all the keys that the probe gives it.

Beside the ``index`` of an element stand its ``labels`` where the model has coordinates for it (engine/names.py)."""


@dataclass(frozen=True, kw_only=True)
class Section:
    """A section of a record. What was not measured has its default: None, or nothing in it.

    Attributes
    ----------
    measured
        Whether the record has the section, with anything in it; its truth value.
    """

    measured: bool = field(default=False, repr=False, compare=False)

    def __bool__(self) -> bool:
        return self.measured

    @classmethod
    def of(cls, content: Mapping[str, Any] | Self | None) -> Self:
        """The section in what JSON holds; what is a section already stays as it is.

        Keys that it does not know go to its field ``others``, if it has one.
        """
        if isinstance(content, cls):
            return content
        if not content:
            return cls()
        given = {
            name: read(content[name]) for name, read in _readers(cls).items() if content.get(name) is not None
        }
        if "others" in _readers(cls):
            given["others"] = {key: content[key] for key in content if key not in _readers(cls)}
        return cls(**given, measured=True)


@cache
def _readers(kind: type[Section]) -> dict[str, Callable[[Any], Any]]:
    """Field -> what makes its value of JSON."""
    hints = typing.get_type_hints(kind)
    return {each.name: _reader(hints[each.name]) for each in fields(kind) if each.name != "measured"}


def _reader(hint: Any) -> Callable[[Any], Any]:
    for part in typing.get_args(hint) if isinstance(hint, types.UnionType) else (hint,):
        if isinstance(part, type) and issubclass(part, Section):
            return part.of
        if typing.get_origin(part) is tuple:
            item = typing.get_args(part)[0]
            if isinstance(item, type) and issubclass(item, Section):
                return lambda rows: tuple(map(item.of, rows))
            return tuple
        if typing.get_origin(part) is Mapping:
            item = typing.get_args(part)[1]
            if isinstance(item, type) and issubclass(item, Section):
                return lambda rows: {name: item.of(row) for name, row in rows.items()}
    return lambda value: value
