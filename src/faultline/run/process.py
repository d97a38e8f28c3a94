"""A child process together with everything it starts: its memory, its end, and no orphans. POSIX only."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Protocol

import psutil

from faultline.core.locks import is_alive

_PR_SET_CHILD_SUBREAPER = 36  # <linux/prctl.h>


class Child(Protocol):
    """A process in a session of its own: a `subprocess.Popen`, or a `Forked`."""

    pid: int

    def wait(self, timeout: float | None = None) -> int: ...

    def send_signal(self, number: int) -> None: ...


def started(command: Sequence[str], log: Path, environment: dict[str, str]) -> Child:
    """`command` in a session of its own; standard output and error both go to the file `log`."""
    log.write_bytes(b"")
    # Appended to, so that whoever shortens the file while it is written to leaves no hole in it.
    with open(log, "ab") as output:
        return subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=environment,
            start_new_session=True,
        )


class ProcessTree:
    """A process, and every process that it starts, in whatever session or group: what they use, and their end.

    On Linux the worker adopts what its children leave behind (`adopt_orphans`), and so does this process when the worker
    has died; elsewhere a process that leaves both the worker's session and its parent is out of sight.

    Parameters
    ----------
    start
        Starts it.
    lock
        Descriptor of a lock that stays held until the tree has ended, even when this process is killed first.
    """

    def __init__(self, start: Callable[[], Child], lock: int):
        # The guard outlives a supervisor that is killed with -9: its end of the pipe closes, and it ends the tree.
        self.guard = subprocess.Popen(
            [sys.executable, "-P", "-m", "faultline.run.guard"],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            pass_fds=[lock],
        )
        self._adopting = adopt_orphans()
        self.process = start()
        with suppress(OSError):  # a guard that cannot start: neither can a worker, who will say why
            self.guard.stdin.write(f"{self.process.pid}\n".encode())
            self.guard.stdin.flush()
        self._roots = []
        with suppress(psutil.Error):
            self._roots = [psutil.Process(self.process.pid)]
        self._own = set(psutil.Process().children())

    def wait(self, seconds: float) -> int | None:
        """Exit code of the command (negative: the signal that ended it), or None if it is still running."""
        with suppress(subprocess.TimeoutExpired):
            return self.process.wait(seconds)
        return None

    def members(self) -> set[psutil.Process]:
        """The processes of the tree that live now."""
        adopted = set(psutil.Process().children()) - self._own if self._adopting else set()
        return tree_of([*self._roots, *adopted], self.process.pid)

    def memory_mb(self) -> float:
        """Memory of the whole tree in MiB. Pages that chains share with their parent count once where the system says so."""
        total = 0
        for process in self.members():
            with suppress(OSError, psutil.Error):
                total += _memory(process)
        return total / 2**20

    def cpu_seconds(self) -> float:
        """Seconds of processor time that the living processes of the tree have used, with those that they waited for."""
        total = 0.0
        for process in self.members():
            with suppress(OSError, psutil.Error):
                total += sum(process.cpu_times()[:4])
        return total

    def signal(self, number: int) -> None:
        """Send a signal to the command itself."""
        self.process.send_signal(number)

    def kill(self) -> None:
        """End every process of the tree, with a signal that none can catch."""
        end(self.members)
        with suppress(ProcessLookupError):  # a fork that had no session of its own yet
            self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        # Those that it left behind are this process's by now.
        end(self.members)
        if self._adopting:
            _be_subreaper(False)
        self.guard.kill()
        self.guard.wait()
        with suppress(OSError):
            self.guard.stdin.close()


def tree_of(roots: Sequence[psutil.Process], group: int) -> set[psutil.Process]:
    """What lives of ``roots``, of everything below them, and of a process group."""
    found = set(roots)
    for root in roots:
        with suppress(psutil.Error):
            found.update(root.children(recursive=True))
    for pid in psutil.pids():
        with suppress(OSError, psutil.Error):
            if os.getpgid(pid) == group:
                found.add(psutil.Process(pid))
    return {process for process in found if is_alive(process)}


def end(members: Callable[[], set[psutil.Process]], patience: float = 5.0) -> None:
    """Kill all of ``members``, those that they start meanwhile as well, and wait until they are gone.

    They are stopped first: what is stopped starts nothing.
    """
    known: set[psutil.Process] = set()
    deadline = time.monotonic() + patience
    while (new := members() - known) and time.monotonic() < deadline:
        for process in new:
            with suppress(psutil.Error):
                process.suspend()
        known |= new
    for process in known:
        with suppress(psutil.Error):
            process.kill()
    while any(map(is_alive, known)) and time.monotonic() < deadline:
        time.sleep(0.01)


def adopt_orphans() -> bool:
    """Become the parent of whatever this process's children leave behind; False where the system knows no such thing."""
    return _be_subreaper(True)


def _be_subreaper(on: bool) -> bool:
    if not sys.platform.startswith("linux"):
        return False
    return ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, int(on), 0, 0, 0) == 0


def _memory(process: psutil.Process) -> int:
    try:
        return process.memory_full_info().pss
    except (AttributeError, psutil.AccessDenied):
        return process.memory_info().rss


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
