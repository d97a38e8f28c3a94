"""Who else is at work: the lock of a folder, and whether a process that is named there still lives. POSIX only."""

from __future__ import annotations

import fcntl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

from faultline.core.errors import InputError


class Busy(InputError):
    """Another process holds the lock."""


def snakemake_ancestors() -> list[psutil.Process]:
    """The Snakemake processes this one was started by: none when it was started by hand."""
    return [process for process in psutil.Process().parents() if _is_snakemake(process)]


def _is_snakemake(process: psutil.Process) -> bool:
    try:
        command = process.cmdline()
    except psutil.Error:
        return False
    # Not any mention: a shell that runs "snakemake ..." may end before the Snakemake it started.
    return "snakemake" in [Path(word).name for word in command[:2]] or command[1:3] == ["-m", "snakemake"]


def is_alive(process: psutil.Process) -> bool:
    """Whether this very process still runs: neither ended, nor replaced by another of the same id."""
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


@contextmanager
def only_one(folder: Path, patience: float = 10.0) -> Iterator[int]:
    """Hold a lock on ``folder``; yields its descriptor.

    Waits ``patience`` seconds, the time in which the leftovers of a killed run end themselves.

    Raises
    ------
    Busy
        If another process is at work there.
    """
    folder.mkdir(parents=True, exist_ok=True)
    deadline = time.monotonic() + patience
    with open(folder / "lock", "w") as file:
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > deadline:
                    raise Busy(
                        f"another process is using {folder}; wait for it to end, or use another suite."
                    ) from None
                time.sleep(0.2)
        yield file.fileno()
