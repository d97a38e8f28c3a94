"""What ends a measurement from outside: no fault of the model's, and so worth another try."""

from __future__ import annotations

import errno
import re
import signal
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

BUSY = 0.5
"""Share of a limit's wall time that has to be processor time: with less, the machine was busy and the model is not at fault."""
FROM_OUTSIDE = (signal.SIGKILL, signal.SIGTERM, signal.SIGHUP, signal.SIGINT, signal.SIGQUIT)
"""Signals that a crash does not send."""


def cause(
    error: Mapping[str, Any], exit_code: int | None, out_of_memory: bool, cpu: float, elapsed: float
) -> str | None:
    """What came from outside, if that is what ended the measurement; None where the model or its cost did.

    Parameters
    ----------
    error
        The record's own.
    exit_code
        Of a worker that ended without a word: negative for a signal.
    out_of_memory
        Whether the kernel has killed a process for want of memory since the measurement began.
    cpu, elapsed
        Seconds of processor time that it used, and seconds since it began.
    """
    if error["type"] == "TimeLimit" and cpu < BUSY * elapsed:
        return f"the machine gave it {cpu:.0f} s of processor time in {elapsed:.0f} s"
    if error.get("errno") == errno.ENOSPC:
        return "the disk was full"
    if exit_code is not None and -exit_code in FROM_OUTSIDE and not out_of_memory:
        return f"signal {signal.Signals(-exit_code).name} came from outside"
    return None


def oom_kills() -> int:
    """How many processes the kernel has killed for want of memory, here and in this control group; 0 where it does not say."""
    total = 0
    for path in (Path("/proc/vmstat"), Path("/sys/fs/cgroup/memory.events")):
        with suppress(OSError):
            total += sum(int(n) for n in re.findall(r"^oom_kill (\d+)$", path.read_text(), re.MULTILINE))
    return total
