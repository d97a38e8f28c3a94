"""A worker under watch: how far it is, when it has to be ended, and what it left unsaid.

Every few seconds a line says where it is. It is ended at its limits, and when the Snakemake that wanted its result is gone.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TextIO

from faultline.core.errors import InternalError
from faultline.core.locks import is_alive, snakemake_ancestors
from faultline.engine.backend import plan_environment
from faultline.run import accidents, logs
from faultline.run.accidents import FROM_OUTSIDE, oom_kills
from faultline.run.forked import Forked
from faultline.run.process import Child, ProcessTree, started

POLL = 0.5  # seconds between two looks, each a few milliseconds of a core; a leak of 1 GB/s overshoots its limit by 0.5 GB
HEARTBEAT = 3.0  # seconds between two lines: the promise is one at least every 5
GLIMPSE = 1.0  # and between two stages: what is over before that has no line
EVENTS_READ = 2**20  # characters of events that one look reads
EVENT = {
    "stage": str,
    "done": int,
    "total": int,
    "divergences": int,
    "finished": bool,
    "mistake": str,
    "broken": str,
    "peak_mb": float,
}
COMPILING = ("compile", "first")  # some backends compile at the first call: the limit holds for both together


class Watch:
    """What the supervisor knows of its worker: read from the worker's events, the clock and the process table."""

    def __init__(
        self,
        limits: dict[str, Any],
        smaller: str,
        folder: Path,
        stops: list[int],
        label: str,
        in_words: Callable[[str], str],
        forked: bool,
    ):
        self.label, self.in_words = label, in_words
        self.limits, self.smaller = limits, smaller
        self.folder = folder
        self.stops = stops
        self.forked = forked
        self.snakemake = snakemake_ancestors()
        self.stage, self.progress, self.said = "start", "", ""
        self.finished = self.abandoned = False
        self.mistake = self.broken = ""
        self.memory = self.peak_mb = self.cpu = 0.0
        self.exit_code: int | None = None
        self.oom_kills = oom_kills()
        self.began = self.stage_began = self.compile_began = self.spoke = time.monotonic()
        self.unread = ""

    @property
    def elapsed(self) -> float:
        return time.monotonic() - self.began

    @property
    def in_stage(self) -> float:
        return time.monotonic() - self.stage_began

    def until_the_end(self, lock: int) -> dict[str, Any] | None:
        """Watch the worker until it ends or has to be ended. Returns the error, if the worker could not write it."""
        events_path = self.folder / "events.jsonl"
        events_path.touch()
        tree = ProcessTree(self._start, lock)
        try:
            with open(events_path, encoding="utf-8", errors="replace") as events:
                while True:
                    code = tree.wait(POLL)
                    self.memory = tree.memory_mb()
                    self.cpu = max(self.cpu, tree.cpu_seconds())
                    self.peak_mb = max(self.peak_mb, self.memory)
                    logs.cap(self.log)
                    for event in self._new(events):
                        self._hear(event)
                    if self.broken:
                        raise InternalError(self.broken)
                    if self.finished or self.mistake:
                        return None
                    if code is not None:
                        self.exit_code = code
                        return self._died(code)
                    if not all(map(is_alive, self.snakemake)):
                        self.abandoned = True
                        return None
                    if reason := self._reason_to_stop():
                        return self._error(*reason, traceback=self._where(tree))
                    news = self.in_words(self.stage) != self.said
                    if time.monotonic() - self.spoke >= (GLIMPSE if news else HEARTBEAT):
                        self.said = self.in_words(self.stage)
                        self.say(self._status())
        finally:
            tree.kill()

    def _start(self) -> Child:
        spec = self.folder / "spec.json"
        if self.forked:
            return Forked(spec, self.log)
        # -P: a model called random.py in the current folder must not be what the worker's libraries import.
        command = [sys.executable, "-P", "-u", "-m", "faultline.run.worker", str(spec)]
        return started(command, self.log, {**os.environ, **plan_environment()})

    def say(self, text: str) -> None:
        """One line on standard output, at once."""
        # In one write: groups that run side by side share the terminal.
        sys.stdout.write(f"{self.label}: {text}\n")
        sys.stdout.flush()
        self.spoke = time.monotonic()

    def _status(self) -> str:
        return f"{self.in_words(self.stage)}{self.progress} ({self.in_stage:.0f} s, {self.memory:.0f} MB)"

    def _new(self, events: TextIO) -> list[dict[str, Any]]:
        """The events since the last look; half a line waits for the rest of it."""
        *lines, self.unread = (self.unread + events.read(EVENTS_READ)).split("\n")
        if len(self.unread) > EVENTS_READ:
            self.unread = ""
        return [event for line in lines if (event := _event(line))]

    def _hear(self, event: dict[str, Any]) -> None:
        if "stage" in event:
            before, self.stage = self.stage, event["stage"]
            self.stage_began, self.progress = time.monotonic(), ""
            if before not in COMPILING:
                self.compile_began = self.stage_began
        if "done" in event:
            divergences = (
                "1 divergence" if event["divergences"] == 1 else f"{event['divergences']} divergences"
            )
            self.progress = f", {event['done']} of {event['total']} draws, {divergences}"
        self.finished = event.get("finished", self.finished)
        self.peak_mb = max(self.peak_mb, event.get("peak_mb", 0.0))
        self.mistake = event.get("mistake", self.mistake)
        self.broken = event.get("broken", self.broken)

    def _reason_to_stop(self) -> tuple[str, str] | None:
        total, compiling, memory = (self.limits.get(key) for key in ("total", "compile", "memory_mb"))
        where = f"stage {self.stage}, after {self.in_stage:.0f} s there"
        if self.stops:
            return "Interrupted", f"stopped by {signal.Signals(self.stops[0]).name} in {where}"
        if memory and self.memory > memory:
            used = f"{self.memory:.0f} MB used, {memory:.0f} MB allowed"
            return "MemoryLimit", f"{used}, in {where}; {self.smaller} or raise limits.memory_mb"
        if compiling and self.stage in COMPILING and time.monotonic() - self.compile_began > compiling:
            self.stage, self.stage_began = "compile", self.compile_began
            message = f"compiling took longer than {compiling:g} s, which is slow but not necessarily a hang"
            return "TimeLimit", f"{message}; {self.smaller} or raise limits.compile"
        if total and self.elapsed > total:
            return (
                "TimeLimit",
                f"the group took longer than {total:g} s and was stopped in {where}; raise limits.total",
            )
        return None

    def _died(self, code: int) -> dict[str, Any] | None:
        """The error of a worker that ended without a word; it never began if the installation is broken."""
        if self.stage == "start" and -code not in FROM_OUTSIDE:
            raise InternalError(self._log_tail() or f"the worker ended with exit code {code} as it started")
        if code >= 0:
            message = f"the process ended with exit code {code} in stage {self.stage} without finishing"
            return self._error("Exit", message, traceback=self._log_tail())
        name = signal.Signals(-code).name
        message = f"the process was killed by signal {-code} ({name}) in stage {self.stage}"
        if -code == signal.SIGKILL and oom_kills() > self.oom_kills:
            message += (
                f": the out-of-memory killer ended it (the group had used {self.peak_mb:.0f} MB); {self.smaller}, or give the machine or the job "
                "more memory and run it again with --again (in the workflow: --config again=true)"
            )
            return self._error("MemoryLimit", message, traceback=self._log_tail())
        return {**self._error("Killed", message, traceback=self._log_tail()), "signal": name}

    def accident(self, error: dict[str, Any] | None) -> str | None:
        """What came from outside, if that is what ended the measurement; None where the model or its cost did."""
        killed = oom_kills() > self.oom_kills
        return error and accidents.cause(error, self.exit_code, killed, self.cpu, self.elapsed)

    def _error(self, kind: str, message: str, traceback: str) -> dict[str, Any]:
        return {
            "stage": self.stage,
            "type": kind,
            "message": message,
            "traceback": traceback,
            "seconds_in_stage": self.in_stage,
        }

    def _where(self, tree: ProcessTree) -> str:
        """Where in the model's code the worker is: its fault handler answers even while a loop holds the GIL."""
        if self.stage == "start":
            return ""
        before = self.log.stat().st_size
        tree.signal(signal.SIGUSR1)
        for _ in range(10):
            time.sleep(0.03)
            if self.log.stat().st_size > before:
                break
        dump = logs.read(self.log, before)
        return "\n".join(line for line in dump.splitlines() if "<frozen" not in line)

    @property
    def log(self) -> Path:
        return self.folder / "output.log"

    def _log_tail(self) -> str:
        if not self.log.exists():
            return ""
        lines = logs.read(self.log, -logs.TAIL).splitlines(keepends=True)
        # After a crash a hundred extension modules stand below what crashed.
        return "".join(line for line in lines if not line.startswith("Extension modules:"))[-4000:]


def _event(line: str) -> dict[str, Any] | None:
    """What the worker tells in one line; None for what a model wrote into the same file."""
    try:
        event = json.loads(line)
    except (ValueError, RecursionError):
        return None
    known = isinstance(event, dict) and all(
        isinstance(event.get(key, kind()), kind) for key, kind in EVENT.items()
    )
    return event if known else None
