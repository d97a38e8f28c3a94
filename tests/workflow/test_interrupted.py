"""After kill -9 of Snakemake itself, the same command brings the ladder to its end."""

import signal
import subprocess
import time
from pathlib import Path

import psutil
import pytest

pytestmark = pytest.mark.slow


def wait_for(condition, seconds: float = 60):
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.1)
    return found


def processes_in(folder: Path) -> list[psutil.Process]:
    """Processes that were started in this folder."""
    found = []
    for process in psutil.process_iter():
        try:
            if Path(process.cwd()) == folder:
                found.append(process)
        except psutil.Error:
            continue
    return found


def test_a_killed_snakemake_leaves_no_process_and_the_next_run_completes(project):
    project.configure({"seed": 7})
    project.planned("group_3")  # writes down what is asked
    key = project.asked("group_3_sampling_baseline_minimal")["measured"]
    measured = project.root / "tests" / "diagnostics" / ".store" / "logs" / key / "measure.log"
    with subprocess.Popen(
        project.command("group_3"),
        cwd=project.root,
        env=project.environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as running:
        wait_for(lambda: measured.exists() and "group 3: " in measured.read_text())
        running.send_signal(signal.SIGKILL)
    wait_for(lambda: not processes_in(project.root.resolve()))

    project.snakemake("group_3")
    assert project.planned("group_3") == set()
