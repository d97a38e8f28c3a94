"""The supervisor: measures one group in a process of its own and always ends with a valid record.

Whatever a model does (raises, calls ``sys.exit``, hangs, exhausts memory, crashes the interpreter), it does it to the
worker. The supervisor says every few seconds how far the worker is, ends it at its limits, and writes down what was
measured until then. It imports none of the heavy libraries, so that it starts at once and stays small.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import signal
import sys
import time
from datetime import datetime
from pathlib import Path
from typing import Any, TextIO

from faultline.backend import plan_environment
from faultline.case import Signature, read_signature
from faultline.errors import InputError
from faultline.forked import Forked
from faultline.process import (
    Child,
    ProcessTree,
    is_alive,
    only_one,
    snakemake_ancestors,
    started,
    stop_signals,
)
from faultline.record import RecordFile, collect_environment, read_json, write_json

POLL = 0.5  # seconds between two looks, each a few milliseconds of a core; a leak of 1 GB/s overshoots its limit by 0.5 GB
HEARTBEAT = 3.0  # seconds between two lines: the promise is one at least every 5
ASKED = (
    *("case", "dataset", "components", "variants", "max_T", "max_K", "size", "seed"),
    *("sampler", "freeze", "limits"),
)
EXIT_BROKEN = 2  # Faultline itself or its installation is at fault
EXIT_ABANDONED = 3  # the Snakemake that wanted the result is gone
COMPILING = ("compile", "first")  # some backends compile at the first call: the limit holds for both together


def run(spec: dict[str, Any], forked: bool = False) -> int:
    """Measure one group as ``spec`` asks and put its record, and its draws if it samples, in place.

    ``forked``: its worker is a fork of a process that has imported the libraries, which pays from the second group on.
    Returns the exit code: 0 for every finding about the model, also for one that raised or was killed.

    Raises
    ------
    InputError
        For a mistake of the user; outputs that existed are untouched then.
    """
    signature = read_signature(spec["case"])
    folder = Path(spec["debug"]).resolve() / "run"
    with only_one(folder) as lock, stop_signals() as stops:
        for leftover in ("measured.json", "draws.nc", "events.jsonl"):
            (folder / leftover).unlink(missing_ok=True)
        inside = {
            "record": str(folder / "measured.json"),
            "draws": spec["draws"] and str(folder / "draws.nc"),
        }
        record = RecordFile(inside["record"], **_first_sections(spec, signature))
        write_json(folder / "spec.json", {**spec, **inside, "events": str(folder / "events.jsonl")})
        watch = _Watch(spec, folder, stops, forked)
        error = watch.until_the_end(lock)
        if watch.mistake:
            raise InputError(watch.mistake)
        if watch.broken:
            print(f"[{watch.label}] Faultline could not start its worker:\n{watch.broken}", file=sys.stderr)
            return EXIT_BROKEN
        if watch.abandoned:
            return EXIT_ABANDONED
        record.content = read_json(record.path)
        record.update(timings={"total": watch.elapsed}, peak_memory_mb=watch.peak_mb)
        if error or "error" not in record.content:
            record.update(error=error)
        _publish(record.path, spec["record"])
        if spec["draws"]:
            _publish(_with_draws(Path(inside["draws"])), spec["draws"])
        watch.say(_ending(record.content["error"]))
    return 128 + stops[0] if stops else 0


class _Watch:
    """What the supervisor knows of its worker: read from the worker's events, the clock and the process table."""

    def __init__(self, spec: dict[str, Any], folder: Path, stops: list[int], forked: bool):
        self.label = f"size_{spec['size']}" if spec.get("size") else f"group_{spec['number']}"
        self.limits = spec["limits"]
        self.folder = folder
        self.stops = stops
        self.forked = forked
        self.snakemake = snakemake_ancestors()
        self.stage, self.progress = "start", ""
        self.finished = self.abandoned = False
        self.mistake = self.broken = ""
        self.memory = self.peak_mb = 0.0
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
            with open(events_path, encoding="utf-8") as events:
                while True:
                    code = tree.wait(POLL)
                    self.memory = tree.memory_mb()
                    self.peak_mb = max(self.peak_mb, self.memory)
                    for event in self._new(events):
                        self._hear(event)
                    if self.finished or self.mistake or self.broken:
                        return None
                    if code is not None:
                        return self._died(code)
                    if not all(map(is_alive, self.snakemake)):
                        self.abandoned = True
                        return None
                    if reason := self._reason_to_stop():
                        return self._error(*reason, traceback=self._where(tree))
                    if time.monotonic() - self.spoke >= HEARTBEAT:
                        self.say(self._status())
        finally:
            tree.kill()

    def _start(self) -> Child:
        spec = self.folder / "spec.json"
        if self.forked:
            return Forked(spec, self.log)
        command = [sys.executable, "-u", "-m", "faultline.worker", str(spec)]
        return started(command, self.log, {**os.environ, **plan_environment()})

    def say(self, text: str) -> None:
        """One line on standard output, at once."""
        # In one write: groups that run side by side share the terminal.
        sys.stdout.write(f"[{self.label}] {text}\n")
        sys.stdout.flush()
        self.spoke = time.monotonic()

    def _status(self) -> str:
        return f"{self.stage} {self.in_stage:.0f} s, {self.memory:.0f} MB" + self.progress

    def _new(self, events: TextIO) -> list[dict[str, Any]]:
        """The events since the last look; half a line waits for the rest of it."""
        *lines, self.unread = (self.unread + events.read()).split("\n")
        return [json.loads(line) for line in lines]

    def _hear(self, event: dict[str, Any]) -> None:
        if "stage" in event:
            before, self.stage = self.stage, event["stage"]
            self.stage_began, self.progress = time.monotonic(), ""
            if before not in COMPILING:
                self.compile_began = self.stage_began
            self.say(self._status())
        if "done" in event:
            self.progress = f", {event['done']} of {event['total']} draws, {event['divergences']} divergences"
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
            return (
                "MemoryLimit",
                f"{used}, in {where}; truncate the data (max_T, max_K) or raise limits.memory_mb",
            )
        if compiling and self.stage in COMPILING and time.monotonic() - self.compile_began > compiling:
            self.stage, self.stage_began = "compile", self.compile_began
            message = f"compiling took longer than {compiling:g} s: it is slow, not known to hang"
            return "TimeLimit", f"{message}; truncate the data (max_T, max_K) or raise limits.compile"
        if total and self.elapsed > total:
            return (
                "TimeLimit",
                f"the group took longer than {total:g} s: ended in {where}; raise limits.total",
            )
        return None

    def _died(self, code: int) -> dict[str, Any] | None:
        """The error of a worker that ended without a word; None if it never began."""
        if self.stage == "start":
            self.broken = self._log_tail()
            return None
        if code >= 0:
            message = f"the process ended with exit code {code} in stage {self.stage} without finishing"
            return self._error("Exit", message, traceback=self._log_tail())
        name = signal.Signals(-code).name
        message = f"the process was killed by signal {-code} ({name}) in stage {self.stage}"
        if -code == signal.SIGKILL:
            message += (
                f"; if nobody sent it, the out-of-memory killer did (the group had used {self.peak_mb:.0f} MB): "
                "truncate the data, or give the machine or the job more memory"
            )
        return {**self._error("Killed", message, traceback=self._log_tail()), "signal": name}

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
        dump = self.log.read_bytes()[before:].decode(errors="replace")
        return "\n".join(line for line in dump.splitlines() if "<frozen" not in line)

    @property
    def log(self) -> Path:
        return self.folder / "output.log"

    def _log_tail(self) -> str:
        if not self.log.exists():
            return ""
        lines = self.log.read_bytes()[-20_000:].decode(errors="replace").splitlines(keepends=True)
        # After a crash a hundred extension modules stand below what crashed.
        return "".join(line for line in lines if not line.startswith("Extension modules:"))[-4000:]


def _first_sections(spec: dict[str, Any], signature: Signature) -> dict[str, Any]:
    """The part of the record that is known before anything runs."""
    asked = {key: spec.get(key) for key in ASKED}
    reference = signature.reference.get(
        f"sampling_size_{spec['size']}" if spec.get("size") else spec["group"]
    )
    dataset = spec.get("dataset")
    return {
        **{key: spec[key] for key in ("group", "number", "kind", "title", "run_id")},
        "timestamp": datetime.now().isoformat(timespec="seconds"),
        "asked": asked,
        **({"reference": reference} if reference else {}),
        "environment": collect_environment(),
        "fingerprints": {
            "dataset": hashlib.sha256(Path(dataset).read_bytes()).hexdigest() if dataset else None,
            "model_source": signature.fingerprint(),
            "config": hashlib.sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest(),
        },
    }


def _with_draws(path: Path) -> Path:
    """The path, with an empty file of draws if the group drew none: the next stages always find one."""
    if not path.exists():
        import h5netcdf

        h5netcdf.File(path, "w").close()
    return path


def _publish(measured: Path, place: str | Path) -> None:
    """Move a finished file to its place, which may be on another disk: a reader there sees the old one or the new one."""
    temporary = Path(place).with_name(f".{Path(place).name}.new")
    shutil.move(measured, temporary)
    os.replace(temporary, place)


def _ending(error: dict[str, Any] | None) -> str:
    return f"ended: {error['type']} in stage {error['stage']}: {error['message']}" if error else "measured"
