"""The answer of a ladder: what its summary says first, as plain text for pages, terminals, notebooks and programs alike.

``answering.py`` makes it; this module imports nothing, for whoever only shows it.

In the text, names of the model stand in backticks, and groups under their full names.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Self


@dataclass(frozen=True)
class Shown:
    """One piece of evidence in words, with all groups that found the same."""

    groups: tuple[str, ...]
    note: str


@dataclass(frozen=True)
class Picture:
    """A picture that shows the fault; its path is one in the suite's folder."""

    path: str
    title: str


@dataclass(frozen=True)
class GroupOutcome:
    """A group as the answer lists it."""

    number: int
    group: str
    title: str | None
    outcome: str


@dataclass(frozen=True)
class Answer:
    """What a ladder answers.

    Attributes
    ----------
    headline
        The fault in one line, or why none is named.
    also
        The same of every other fault that was established.
    part, look_first
        The parts at fault, and the variables to look at first where these are others.
    cause
        The kind of cause in words; None where none is known.
    change
        What to do, one paragraph for each fault.
    sure, why
        ``high``, ``medium``, ``low`` or ``undecided``, and the reason.
    shown
        What shows the fault.
    story
        The first group to fail, and why the answer is about another where it is.
    cleared
        What is not the cause: what was ruled out by trials, and what was believed and is refuted. A sentence each.
    code
        The lines of the user's file that make the change that cures, as ``patch`` reads them; None where there are none.
    pictures
        Those that show it best. Whoever publishes them fills them in.
    """

    outcome: str
    headline: str
    also: tuple[str, ...]
    part: tuple[str, ...]
    look_first: tuple[str, ...]
    cause: str | None
    change: tuple[str, ...]
    sure: str
    why: str
    shown: tuple[Shown, ...]
    story: str
    groups: tuple[GroupOutcome, ...]
    cleared: tuple[str, ...] = ()
    code: str | None = None
    pictures: tuple[Picture, ...] = ()

    @classmethod
    def of(cls, content: Mapping[str, Any]) -> Self:
        """The answer as a summary holds it."""
        rows = {"shown": Shown, "groups": GroupOutcome, "pictures": Picture}
        given = {key: tuple(value) if isinstance(value, list) else value for key, value in content.items()}
        return cls(**given | {key: tuple(kind(**row) for row in content[key]) for key, kind in rows.items()})

    def as_dict(self) -> dict[str, Any]:
        """As it is written."""
        return _listed(asdict(self))


def _listed(value: Any) -> Any:
    """What JSON has: lists in place of tuples."""
    if isinstance(value, dict):
        return {key: _listed(item) for key, item in value.items()}
    return list(map(_listed, value)) if isinstance(value, (list, tuple)) else value
