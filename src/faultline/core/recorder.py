"""The record of one measurement as it grows: the stage that it is in, what is kept, and the time that is left."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from faultline.core.errors import TimeLimit
from faultline.core.record import RecordFile, read_json

# Kept of the time limit for statistics and files when sampling is cut short: seconds, and share of the limit.
RESERVED_SECONDS, RESERVED_SHARE = 5.0, 0.1


class Progress:
    """What the supervisor hears: one JSON object per line, at the end of a file."""

    def __init__(self, path: str):
        self._path = path

    def tell(self, **event: Any) -> None:
        with open(self._path, "a", encoding="utf-8") as file:
            # On a line of its own, whatever a model may have written into the file.
            file.write(f"\n{json.dumps(event)}\n")


class Recorder:
    """One group being measured: its spec, its record and the stage it is in."""

    def __init__(self, spec: dict[str, Any], progress: Progress):
        self.spec = spec
        self.progress = progress
        self.record = RecordFile(spec["record"], **read_json(spec["record"]))
        self.at = "start"
        self.folders: Sequence[Path] = ()  # where the lines of code are the user's own
        self._began = time.monotonic()

    @contextmanager
    def stage(self, name: str, writes: bool = True) -> Iterator[None]:
        """Name what happens inside, for whoever watches, and record its seconds: a stage entered twice, those of both.

        ``writes``: at the end write the record, which takes the longer the more there is in it; else whoever keeps something next does.
        """
        self.enter(name)
        began = time.perf_counter()
        yield
        before = self.record.content.get("timings", {}).get(name, 0.0)
        self.record.set(timings={name: before + time.perf_counter() - began})
        if writes:
            self.record.update()

    def keep(self, **sections: Any) -> None:
        """Put sections in the record. One that is no JSON (a hook can return anything) raises and leaves the rest whole."""
        before = dict(self.record.content)
        try:
            self.record.update(**sections)
        except BaseException:
            self.record.content = before
            raise

    def seconds_left(self) -> float:
        """Seconds that a probe may still take."""
        total = self.spec["limits"]["total"]
        reserved = max(RESERVED_SECONDS, RESERVED_SHARE * total)
        return total - reserved - (time.monotonic() - self._began)

    def check_limit(self, stage: str) -> None:
        """Raise ``TimeLimit`` if ``stage`` had to stop early."""
        if self.seconds_left() <= 0:
            self.at = stage
            total = self.spec["limits"]["total"]
            raise TimeLimit(f"the group's limit of {total:g} s ended stage {stage} early; raise limits.total")

    def enter(self, name: str) -> None:
        self.at = name
        self.progress.tell(stage=name)
