"""The one exception that a user is meant to read, and how to tell of the others."""

from __future__ import annotations

import errno
import re
import reprlib
import sysconfig
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import Any

LONGEST = 400
"""Characters of a sentence that a user reads: what is wrong, and what to do."""
MESSAGE = 4000
"""Characters of an exception's message that a record keeps: a page, of what may be a whole array."""
FRAMES = 200
"""Innermost frames of a traceback that are kept: a recursion has thousands."""


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


INTERNAL = "an error inside Faultline"
"""In the sentence of such an error: what a supervising command knows it by."""
FAULTLINE = Path(__file__).resolve().parents[1]
RUNS_GRAPHS = ("pytensor", "pymc", "jax", "jaxlib", "numba", "numpyro", "blackjax", "nutpie")
"""Libraries that run or compile a model's graph: what they raise while they do, the model brought about."""
OF_THE_MACHINE = (
    *(errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EPERM, errno.EIO, errno.ENOMEM),
    *(errno.EMFILE, errno.ENFILE, errno.ENAMETOOLONG, errno.ENOTDIR, errno.EISDIR, errno.EFBIG, errno.EEXIST),
)
"""What an operation on a file fails with where the machine or the place is at fault, and no code is."""


class TimeLimit(Exception):
    """The time for this group is used up; what was measured until then is in the record."""


class NotMeasurable(Exception):
    """The case cannot be measured at a revision that is compared with another: what it would give is not known."""


class InternalError(Exception):
    """Faultline itself, or its installation, is at fault: no finding about a model, and no mistake of the user's.

    ``trace`` is the traceback of where it happened, which may have been another process.
    """

    def __init__(self, trace: str):
        super().__init__(one_line(trace.rstrip().rpartition("\n")[2], 200))
        self.trace = trace


def last_word(error: Exception) -> tuple[str, str | None]:
    """What a command says last of an exception that ended it, in one sentence; and the traceback of an error inside Faultline."""
    if isinstance(error, InputError):
        return str(error), None
    if isinstance(error, OSError) and error.errno in OF_THE_MACHINE:
        name = f"{error.filename} " if error.filename else "a file "
        return str(
            InputError(
                f"{name}cannot be read or written ({error.strerror}); fix the cause, or choose another location."
            )
        ), None
    internal = error if isinstance(error, InternalError) else InternalError(trace_of(error))
    sentence = (
        f"{INTERNAL}, which says nothing about the model ({internal}); please report it with the lines above."
    )
    return str(InputError(sentence)), internal.trace


def owner(file: str, folders: Sequence[Path]) -> str:
    """Whose code a file is: "user" below one of ``folders``, "faultline", or "" for libraries.

    The innermost folder decides: a model may stand beside the libraries, and a bundled case stands inside Faultline.
    """
    path = Path(file)
    if not path.is_absolute() or {"site-packages", "dist-packages"} & set(path.parts):
        return ""
    owners = [(folder, "user") for folder in folders] + [(FAULTLINE, "faultline")]
    owners += [(Path(sysconfig.get_path(name)), "") for name in ("stdlib", "platstdlib")]
    above = [(len(folder.parts), whose) for folder, whose in owners if path.is_relative_to(folder)]
    return max(above)[1] if above else ""


def is_internal(error: BaseException, folders: Sequence[Path]) -> bool:
    """Whether an exception is an error inside Faultline, rather than something that the user's model brought about.

    The innermost frame that is the user's or Faultline's decides. Below a frame of Faultline's, what a library raises
    while it runs or compiles the model's graph is the model's: an Op that divides by zero has no frame of the user's.
    """
    if not isinstance(error, Exception) or isinstance(error, MemoryError):
        return False  # sys.exit, an interrupt, a panic, too little memory: none of them is a slip of code
    if type(error).__module__.partition(".")[0] == FAULTLINE.name:
        return False  # raised on purpose, to end a measurement
    if isinstance(error, OSError) and error.errno in OF_THE_MACHINE:
        return False
    within = []
    for frame, _ in reversed(list(traceback.walk_tb(error.__traceback__))):
        whose = owner(frame.f_code.co_filename, folders)
        if whose == "user":
            return False
        if whose == "faultline":
            return not any(name in RUNS_GRAPHS for name in within)
        within.append(str(frame.f_globals.get("__name__")).partition(".")[0])
    return not (
        isinstance(error, SyntaxError) and error.filename and owner(error.filename, folders) == "user"
    )


def place(error: BaseException, folders: Sequence[Path]) -> str:
    """The last line of the user's files that an exception came through: "model.py line 12, in build"; or ""."""
    if isinstance(error, SyntaxError) and error.filename:
        return f"{Path(error.filename).name} line {error.lineno}"
    frames = [
        frame
        for frame in traceback.extract_tb(error.__traceback__, limit=-FRAMES)
        if owner(frame.filename, folders) == "user"
    ]
    if not frames:
        return ""
    inside = f", in {frames[-1].name}" if frames[-1].name != "<module>" else ""
    return f"{Path(frames[-1].filename).name} line {frames[-1].lineno}{inside}"


def told(error: BaseException, folders: Sequence[Path]) -> str:
    """An exception in one line: where in ``folders`` it came from, its type and its message."""
    message = error.msg if isinstance(error, SyntaxError) else message_of(error)
    what = f"{type(error).__name__}: {one_line(message, 200)}" if message else type(error).__name__
    where = place(error, folders)
    return f"{where}: {what}" if where else what


def message_of(error: BaseException) -> str:
    """What an exception says. It is the model's own, and may itself raise, or say a gigabyte."""
    try:
        message = str(error)
    except Exception as broken:
        return f"(its message cannot be shown: {type(broken).__name__})"
    return shortened(message, MESSAGE)


def described(error: BaseException, folders: Sequence[Path]) -> dict[str, Any]:
    """An exception as a record has it: ``type``, ``message``, ``traceback``, and ``where`` in ``folders`` it came from."""
    message = f"sys.exit({error.code!r}) was called" if isinstance(error, SystemExit) else message_of(error)
    return {
        "type": type(error).__name__,
        "message": message,
        "traceback": trace_of(error),
        "where": place(error, folders),
    }


def trace_of(error: BaseException) -> str:
    """The traceback of an exception, as Python prints it, without the middle of what is too long."""
    try:
        lines = traceback.TracebackException.from_exception(error, limit=-FRAMES, compact=True).format()
        return shortened("".join(shortened(line, MESSAGE) for line in lines), 5 * MESSAGE)
    except Exception as broken:
        return f"{type(error).__name__} (its traceback cannot be shown: {type(broken).__name__})"


def shortened(text: str, longest: int) -> str:
    """``text``, without its middle where it is longer than ``longest``."""
    if len(text) <= longest:
        return text
    half = longest // 2
    return f"{text[:half]}\n... ({len(text) - 2 * half:,} characters left out) ...\n{text[-half:]}"
