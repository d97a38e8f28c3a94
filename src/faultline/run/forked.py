"""Workers forked from a process that has imported the libraries: several groups in one command import them once.

A fork shares what is imported and nothing that is measured: each has its own memory, its own session and its own end.
"""

from __future__ import annotations

import multiprocessing
import os
import subprocess
import sys
from pathlib import Path

from faultline.engine.backend import plan_environment
from faultline.experiments import EXPERIMENTS

# Not blackjax: it starts XLA's threads as it is imported, and a fork would not have them.
PRELOADED = (
    "faultline.run.worker",
    "faultline.experiments.measurement",
    *(experiment.module for experiment in EXPERIMENTS),
    "pytensor.link.jax.dispatch",
    "arviz_stats",
)
SAFE_PATH, FOR_THE_SERVER = "PYTHONSAFEPATH", "faultline"


class Forked:
    """A worker, by the methods of `subprocess.Popen` that a `ProcessTree` calls."""

    def __init__(self, spec: Path, log: Path):
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload(list(PRELOADED))
        os.environ.update(plan_environment())  # what the libraries read as they are imported
        # The server starts with the current folder first in its path, where a model may be called random.py.
        os.environ.setdefault(SAFE_PATH, FOR_THE_SERVER)
        self._process = context.Process(target=_work, args=(str(spec), str(log)))
        self._process.start()
        self.pid: int = self._process.pid

    def wait(self, timeout: float | None = None) -> int:
        """The exit code, negative for a signal; raises `subprocess.TimeoutExpired` while it runs."""
        self._process.join(timeout)
        if self._process.exitcode is None:
            raise subprocess.TimeoutExpired("worker", timeout or 0.0)
        return self._process.exitcode

    def send_signal(self, number: int) -> None:
        """Send a signal, if it still runs."""
        if self._process.exitcode is None:
            os.kill(self.pid, number)


def _work(spec: str, log: str) -> None:
    os.setsid()
    output = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND, 0o644)
    os.dup2(output, 1)
    os.dup2(output, 2)
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(line_buffering=True)
    # As for the other workers: neither the folder of the supervisor's script nor the current one comes first.
    sys.path.pop(0)
    if os.environ.get(SAFE_PATH) == FOR_THE_SERVER:
        del os.environ[SAFE_PATH]  # what the model starts is its own business
    from faultline.run.worker import main

    main(spec)
