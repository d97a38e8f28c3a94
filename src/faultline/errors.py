"""The one exception that a user is meant to read, and how to tell of the others."""

from __future__ import annotations

import traceback
from collections.abc import Sequence
from pathlib import Path


class InputError(Exception):
    """A mistake in what the user gave: one sentence that says what is wrong and what to do.

    Command lines print it to stderr and exit 1, without a traceback.
    """


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
