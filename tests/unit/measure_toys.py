"""Toy cases, and groups of them measured in real processes."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import psutil

from faultline.core.record import read_json, validate

ROOT = Path(__file__).resolve().parents[2]
SCRIPTS = ROOT / "scripts"
MEASURED = "tests/diagnostics/toy/results/measured_{}.json"
BUILD = "group_1_build_only_sanity"
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT / "src")}

LINE = """
import numpy as np, pymc as pm

def build():
    with pm.Model() as model:
        slope = pm.Normal("slope", 0, 5)
        pm.Normal("y", slope * np.arange(5.0), 1.0, observed=[0.1, 2.0, 4.2, 5.9, 8.1])
    return model
"""


def command(
    folder: Path, source: str, *options: str, script: str = "run_group.py", group: str | None = "1"
) -> list[str]:
    """The command line that measures a case with this source, in ``folder``."""
    (folder / "toy.py").write_text(source)
    words = [sys.executable, str(SCRIPTS / script), *(["--group", *group.split()] if group else [])]
    return [*words, "--case", "toy.py", "--suite", "toy", *options]


def run(
    folder: Path, source: str, *options: str, stage: str = "measure", **which
) -> subprocess.CompletedProcess:
    """Run it to its end."""
    words = command(folder, source, *options, **which)
    if stage == "measure":
        words += ["--stage", "measure"]
    return subprocess.run(words, cwd=folder, env=ENVIRONMENT, capture_output=True, text=True, timeout=120)


def start(folder: Path, source: str, *options: str, log: Path) -> subprocess.Popen:
    """Start it; its output goes to ``log``."""
    words = [*command(folder, source, *options), "--stage", "measure"]
    return subprocess.Popen(
        words, cwd=folder, env=ENVIRONMENT, stdout=log.open("w"), stderr=subprocess.STDOUT
    )


def measured(folder: Path, group: str = BUILD) -> dict:
    """The record that was left, which is always a valid one."""
    record = read_json(folder / MEASURED.format(group))
    assert validate(record) == []
    return record


def wait_for(condition, seconds: float = 40.0) -> bool:
    """Whether ``condition`` came true in time."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.1)
    return bool(condition())


def processes_in(folder: Path) -> list[psutil.Process]:
    """Living processes that were started in ``folder``."""
    found = []
    for process in psutil.process_iter():
        try:
            if Path(process.cwd()) == folder and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
        except (psutil.Error, OSError):
            continue
    return found
