"""Snakemake as a child: what it tells is passed on, and whatever ends it, nothing that it started is left."""

from __future__ import annotations

import json
import os
import selectors
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

import psutil

LOOK = 0.25
"""Seconds between two looks at the clock."""
PATIENCE = 15.0
"""Seconds in which Snakemake and its jobs end after an interrupt, as they do after Ctrl-C, before they are killed."""
WIDTH = 100
"""Characters of a line where there is no terminal."""
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Engine:
    """One run of Snakemake.

    Parameters
    ----------
    command
        The command line.
    event
        Called with each event of `snakemake_logger_plugin_faultline.caller`, and with ``{"line": ...}`` for what a job prints.
        Returns whether to go on.
    tick
        Called a few times a second.
    deadline
        When to stop, in the seconds of `time.monotonic`.
    """

    def __init__(
        self,
        command: Sequence[str],
        event: Callable[[dict[str, Any]], bool],
        tick: Callable[[], None],
        deadline: float | None,
    ):
        self.command, self.event, self.tick, self.deadline = command, event, tick, deadline
        self.stop_by: float | None = None
        self.interrupted = self.out_of_time = False
        self.started: set[psutil.Process] = set()
        self.words: list[str] = []
        """What Snakemake itself wrote to standard error."""

    def run(self) -> int:
        """Exit code of Snakemake, when it and all that it started have ended."""
        before = {number: signal.signal(number, self._on_signal) for number in SIGNALS}
        ours, theirs = socket.socketpair()
        try:
            columns = str(shutil.get_terminal_size((WIDTH, 24)).columns)
            environment = {**os.environ, "FAULTLINE_EVENTS": str(theirs.fileno()), "COLUMNS": columns}
            environment.pop("FAULTLINE_PLAIN", None)
            with subprocess.Popen(
                self.command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env=environment,
                pass_fds=[theirs.fileno()],
                start_new_session=True,  # Ctrl-C reaches only this process, which passes it on
            ) as self.process:
                theirs.close()
                try:
                    self._listen(ours)
                finally:
                    self._end()
            return self.process.returncode
        finally:
            ours.close()
            for number, handler in before.items():
                signal.signal(number, handler)

    def _on_signal(self, number: int, frame: object) -> None:
        if self.interrupted and self.stop_by:
            self.stop_by = 0.0  # asked twice
        self.interrupted = True

    def _listen(self, events: socket.socket) -> None:
        """Until Snakemake has ended: its pipes and the socket are then at their end, or held by a job that is to be ended."""
        heard = {
            events: self._hear,
            self.process.stdout: lambda line: self.event({"line": line}),
            self.process.stderr: lambda line: self.words.append(line),
        }
        rest = dict.fromkeys(heard, b"")
        with selectors.DefaultSelector() as selector:
            for source in heard:
                selector.register(source, selectors.EVENT_READ)
            while selector.get_map():
                ready = selector.select(LOOK)
                for key, _ in ready:
                    found = os.read(key.fd, 65536) if key.fileobj is not events else _received(events)
                    *lines, rest[key.fileobj] = (rest[key.fileobj] + found).split(b"\n")
                    for line in lines:
                        heard[key.fileobj](line.decode(errors="replace"))
                    if not found:
                        selector.unregister(key.fileobj)
                if not ready and self.process.poll() is not None:
                    return
                self.tick()
                self._limits()

    def _hear(self, line: str) -> None:
        event = json.loads(line)
        if self.stop_by is not None and "failed" in event:
            return  # because it is being stopped
        if not self.event(event):
            self._stop()

    def _limits(self) -> None:
        now = time.monotonic()
        if self.deadline and now > self.deadline and not self.stop_by and not self.interrupted:
            self.out_of_time = True
            self._stop()
        if self.interrupted:
            self._stop()
        if self.stop_by is not None and now > self.stop_by:
            self._end()

    def _stop(self) -> None:
        """Interrupt Snakemake and its jobs, once."""
        if self.stop_by is None:
            self.stop_by = time.monotonic() + PATIENCE
            self.started |= _tree(self.process.pid)
            with suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGINT)

    def _end(self) -> None:
        """Kill what is left, after it had its time to end by itself."""
        known = self.started
        if self.process.poll() is None:
            known |= _tree(self.process.pid)
            with suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
        # A supervisor needs a second to see that its Snakemake has ended, and ends its worker then.
        _, left = psutil.wait_procs(known, timeout=5)
        for process in left:
            with suppress(psutil.Error):
                process.kill()
        psutil.wait_procs(left, timeout=5)


def _received(events: socket.socket) -> bytes:
    try:
        return events.recv(65536)
    except ConnectionResetError:
        return b""


def _tree(pid: int) -> set[psutil.Process]:
    """What a process has started, and what that has started."""
    try:
        return set(psutil.Process(pid).children(recursive=True))
    except psutil.Error:
        return set()
