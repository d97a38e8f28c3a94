"""Words that families of findings share."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from faultline.core.sections.record import Record

CAUSES = {
    "a": "bad geometry or parameterization",
    "b": "invalid data or priors",
    "c": "a bug in the log-probability or its gradient",
    "d": "the cost of building or compiling the graph",
    "s": "the settings of the run, not the model",
    "h": "a run that was interrupted or broken from outside",
}
"""Kind of cause -> its words."""
Advice = Mapping[str, str | Callable[[Sequence[str], Record], str]]
"""Check -> what to do where it failed: a sentence about ``{names}``, or a function that makes one of what the check names and the record.

What is left open as ``{names}`` is filled in later, with all names of which the same is to be said.
"""


def listed(words: Iterable[str], last: str = "and") -> str:
    """``a``, ``a and b``, ``a, b and c``; empty for none."""
    *others, final = [*words] or [""]
    return f"{', '.join(others)} {last} {final}" if others else final


def quoted(names: Iterable[str]) -> str:
    return " and ".join(f"`{name}`" for name in names)
