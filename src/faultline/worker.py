"""The worker: measures one group, in a process of its own that the supervisor (``faultline.measure``) watches.

    python -m faultline.worker spec.json

PyMC builds the joint log-probability of a model as a PyTensor graph. PyTensor compiles that graph and differentiates it.
NUTS follows the gradient that PyTensor derives. The stages keep that order, cheap ones first, and the record is on disk
after each of them: a worker that is killed leaves what it had measured.
"""

from __future__ import annotations

import faulthandler
import json
import os
import resource
import signal
import sys
import time
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from faultline.errors import InputError, TimeLimit, is_internal, message_of, place, trace_of
from faultline.process import adopt_orphans
from faultline.record import RecordFile, read_json

_MAXRSS_PER_MB = 2**20 if sys.platform == "darwin" else 2**10


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


class Worker:
    """One group being measured: its spec, its record and the stage it is in."""

    def __init__(self, spec: dict[str, Any], progress: Progress):
        self.spec = spec
        self.progress = progress
        self.record = RecordFile(spec["record"], **read_json(spec["record"]))
        self.at = "start"
        self.folders: Sequence[Path] = ()  # where the lines of code are the user's own
        self._began = time.monotonic()

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Name what happens inside, for whoever watches, and record its seconds: a stage entered twice, those of both."""
        self.enter(name)
        began = time.perf_counter()
        yield
        before = self.record.content.get("timings", {}).get(name, 0.0)
        self.record.update(timings={name: before + time.perf_counter() - began})

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


def main(spec_path: str) -> None:
    """Measure what the spec asks. Never returns: no thread or exit handler of a library may keep the process."""
    faulthandler.enable()
    faulthandler.register(signal.SIGUSR1)
    adopt_orphans()
    spec = json.loads(Path(spec_path).read_text(encoding="utf-8"))
    progress = Progress(spec["events"])
    worker = Worker(spec, progress)
    try:
        with worker.stage("import"):
            from faultline import experiment
    except BaseException:
        progress.tell(broken=traceback.format_exc())
        os._exit(1)
    try:
        experiment.measure(worker)
    except InputError as mistake:
        progress.tell(mistake=str(mistake))
    # A model can raise anything: sys.exit, KeyboardInterrupt, a panic of a Rust library.
    except BaseException as error:
        if is_internal(error, worker.folders):
            progress.tell(broken=trace_of(error))
        else:
            worker.record.update(error=_described(worker, error))
    else:
        worker.record.update(error=None)
    progress.tell(finished=True, peak_mb=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / _MAXRSS_PER_MB)
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)


def _described(worker: Worker, error: BaseException) -> dict[str, Any]:
    message = f"sys.exit({error.code!r}) was called" if isinstance(error, SystemExit) else message_of(error)
    return {
        "stage": worker.at,
        "type": type(error).__name__,
        "message": message,
        "traceback": trace_of(error),
        "where": place(error, worker.folders),
        **({"factor": error.factor} if hasattr(error, "factor") else {}),
        **({"errno": error.errno} if isinstance(error, OSError) and error.errno else {}),
    }


if __name__ == "__main__":
    main(sys.argv[1])
