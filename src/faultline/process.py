"""A child process together with everything it starts: its memory, its end, and no orphans. POSIX only."""

from __future__ import annotations

import fcntl
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Protocol

import psutil

from faultline.errors import InputError

# The guard outlives a supervisor that is killed with -9: its end of the pipe closes, and it ends the process group.
# No "--" before the group: dash's kill does not know it.
_GUARD = 'read group; read _; kill -9 "-$group"'


class Busy(InputError):
    """Another process holds the lock."""


class Child(Protocol):
    """A process in a session of its own: a `subprocess.Popen`, or a `Forked`."""

    pid: int

    def wait(self, timeout: float | None = None) -> int: ...

    def send_signal(self, number: int) -> None: ...


def started(command: Sequence[str], log: Path, environment: dict[str, str]) -> Child:
    """`command` in a session of its own; standard output and error both go to the file `log`."""
    with open(log, "wb") as output:
        return subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=environment,
            start_new_session=True,
        )


class ProcessTree:
    """A process in a session of its own, so that one signal reaches it and every process it starts.

    Parameters
    ----------
    start
        Starts it.
    lock
        Descriptor of a lock that stays held until the tree has ended, even when this process is killed first.
    """

    def __init__(self, start: Callable[[], Child], lock: int):
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "start_new_session": True}
        self.guard = subprocess.Popen(["sh", "-c", _GUARD], stdin=subprocess.PIPE, pass_fds=[lock], **quiet)
        self.process = start()
        self.guard.stdin.write(f"{self.process.pid}\n".encode())
        self.guard.stdin.flush()

    def wait(self, seconds: float) -> int | None:
        """Exit code of the command (negative: the signal that ended it), or None if it is still running."""
        with suppress(subprocess.TimeoutExpired):
            return self.process.wait(seconds)
        return None

    def memory_mb(self) -> float:
        """Memory of the whole tree in MiB. Pages that chains share with their parent count once where the system says so."""
        total = 0
        for pid in psutil.pids():
            with suppress(OSError, psutil.Error):
                if os.getpgid(pid) == self.process.pid:
                    total += _memory(psutil.Process(pid))
        return total / 2**20

    def cpu_seconds(self) -> float:
        """Seconds of processor time that the living processes of the tree have used, with those that they waited for."""
        total = 0.0
        for pid in psutil.pids():
            with suppress(OSError, psutil.Error):
                if os.getpgid(pid) == self.process.pid:
                    total += sum(psutil.Process(pid).cpu_times()[:4])
        return total

    def signal(self, number: int) -> None:
        """Send a signal to the command itself."""
        self.process.send_signal(number)

    def kill(self) -> None:
        """End every process of the tree, with a signal that none can catch."""
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, signal.SIGKILL)
        with suppress(ProcessLookupError):  # a fork that had no session of its own yet
            self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        self.guard.kill()
        self.guard.wait()
        self.guard.stdin.close()


def _memory(process: psutil.Process) -> int:
    try:
        return process.memory_full_info().pss
    except (AttributeError, psutil.AccessDenied):
        return process.memory_info().rss


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
def stop_signals() -> Iterator[list[int]]:
    """Collect SIGTERM and SIGINT in a list instead of dying of them, so that there is time to tidy up."""
    caught: list[int] = []
    previous = {}
    for number in (signal.SIGTERM, signal.SIGINT):
        if signal.getsignal(number) != signal.SIG_IGN:
            previous[number] = signal.signal(number, lambda received, frame: caught.append(received))
    try:
        yield caught
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)


@contextmanager
def only_one(folder: Path, patience: float = 10.0) -> Iterator[int]:
    """Hold a lock on ``folder``; yields its descriptor.

    Waits ``patience`` seconds, the time in which the leftovers of a killed run end themselves.

    Raises
    ------
    Busy
        If another process is measuring there.
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
                        f"another process is measuring in {folder}; wait for it to end, or use another suite."
                    ) from None
                time.sleep(0.2)
        yield file.fileno()
