"""The worker: measures one group, in a process of its own that the supervisor (``faultline.run.supervisor``) watches.

    python -m faultline.run.worker spec.json

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
import traceback
from pathlib import Path
from typing import Any

from faultline.core.errors import InputError, described, is_internal, trace_of
from faultline.core.recorder import Progress, Recorder
from faultline.run.process import adopt_orphans

_MAXRSS_PER_MB = 2**20 if sys.platform == "darwin" else 2**10


def main(spec_path: str) -> None:
    """Measure what the spec asks. Never returns: no thread or exit handler of a library may keep the process."""
    faulthandler.enable()
    faulthandler.register(signal.SIGUSR1)
    adopt_orphans()
    spec = json.loads(Path(spec_path).read_text(encoding="utf-8"))
    progress = Progress(spec["events"])
    if ended := attempted(Recorder(spec, progress)):
        progress.tell(**ended)
    progress.tell(finished=True, peak_mb=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / _MAXRSS_PER_MB)
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)


def attempted(recorder: Recorder, *goes_through: type[BaseException]) -> dict[str, str]:
    """Measure. What the model raises is put in the record, but for exceptions that are to go through.

    Returns ``mistake``, the sentence of a user's mistake, or ``broken``, the traceback of an error inside Faultline; else nothing.
    """
    try:
        with recorder.stage("import"):
            from faultline.experiments import measurement

            measurement.module_of(recorder.spec["kind"])
    except BaseException:
        return {"broken": traceback.format_exc()}
    try:
        measurement.measure(recorder)
    except goes_through:
        raise
    except InputError as mistake:
        return {"mistake": str(mistake)}
    # A model can raise anything: sys.exit, KeyboardInterrupt, a panic of a Rust library.
    except BaseException as error:
        if is_internal(error, recorder.folders):
            return {"broken": trace_of(error)}
        recorder.record.update(error=_described(recorder, error))
    else:
        recorder.record.update(error=None)
    return {}


def _described(recorder: Recorder, error: BaseException) -> dict[str, Any]:
    return {
        "stage": recorder.at,
        **described(error, recorder.folders),
        **({"factor": error.factor} if hasattr(error, "factor") else {}),
        **({"errno": error.errno} if isinstance(error, OSError) and error.errno else {}),
    }


if __name__ == "__main__":
    main(sys.argv[1])
