"""The one exception that a user is meant to read, and how to tell of the others."""

from __future__ import annotations

import re
import reprlib
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import Any

LONGEST = 400
"""Characters of a sentence that a user reads: what is wrong, and what to do."""


class InputError(Exception):
    """A mistake in what the user gave: one sentence that says what is wrong and what to do.

    Command lines print it to stderr and exit 1, without a traceback. Whatever was put into it, it is one line of at most
    ``LONGEST`` characters that a terminal can print.
    """

    def __init__(self, sentence: str):
        super().__init__(one_line(sentence))


def one_line(text: str, longest: int = LONGEST) -> str:
    """``text`` on one line without control characters, its middle left out where it is longer than ``longest``."""
    # What is wrong stands at the beginning of a sentence, and what to do at its end.
    if len(text) > longest:
        end = longest * 3 // 8
        text = f"{text[: longest - end - 5]} ... {text[-end:]}"
    text = re.sub(r"\s*[\r\n]\s*", " ", text)
    if text.isprintable():
        return text
    escaped = "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
    return escaped if len(escaped) <= longest else one_line(escaped, longest)


def shown(value: Any) -> str:
    """``repr`` of a value from outside, at most about 80 characters of it, whatever the value is."""
    return one_line(_SHORT.repr(value), 80)


class _Short(reprlib.Repr):
    """`reprlib`, which writes an integer out before it shortens it: Python refuses to from 4,300 digits on."""

    def repr_int(self, x: int, level: int) -> str:
        return repr(x) if x.bit_length() < 200 else "a number of more than 60 digits"


_SHORT = _Short(maxlevel=3, maxdict=4, maxlist=6, maxtuple=6, maxset=4, maxstring=60, maxother=60)


def place(error: BaseException, folders: Sequence[Path]) -> str:
    """The last line of the files in ``folders`` that an exception came through: "model.py line 12, in build"; or ""."""
    if isinstance(error, SyntaxError) and error.filename:
        return f"{Path(error.filename).name} line {error.lineno}"
    frames = [
        frame
        for frame in traceback.extract_tb(error.__traceback__)
        if any(Path(frame.filename).is_relative_to(folder) for folder in folders)
    ]
    if not frames:
        return ""
    inside = f", in {frames[-1].name}" if frames[-1].name != "<module>" else ""
    return f"{Path(frames[-1].filename).name} line {frames[-1].lineno}{inside}"


def told(error: BaseException, folders: Sequence[Path]) -> str:
    """An exception in one line: where in ``folders`` it came from, its type and its message."""
    message = error.msg if isinstance(error, SyntaxError) else " ".join(str(error).split())
    what = f"{type(error).__name__}: {message}" if message else type(error).__name__
    where = place(error, folders)
    return f"{where}: {what}" if where else what
