"""The Slurm profile, on a Slurm that answers here: every stage is a job, and what a job measures is what is measured here."""

import importlib.util
import shutil
import subprocess
import sys

import pytest
from harness import QUICK

from faultline.record import read_json


def answers(*command: str) -> bool:
    return (
        bool(shutil.which(command[0]))
        and not subprocess.run(command, capture_output=True, check=False).returncode
    )


pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        importlib.util.find_spec("snakemake_executor_plugin_slurm") is None or not answers("sinfo"),
        reason="needs a Slurm that answers `sinfo`, and `make slurm`",
    ),
]


def test_a_group_runs_as_jobs_and_is_then_done(project):
    project.configure({"suite": "cluster"})
    store = project.root / "tests" / "diagnostics" / ".store"
    store.rename(project.root / "elsewhere")  # what stands there would not be measured again
    asked = ["--workflow-profile", "profiles/slurm"]
    if not answers("sacct"):
        asked += ["--slurm-status-command", "squeue"]
    done = subprocess.run(
        [sys.executable, "-m", "snakemake", *asked, "group_3"],
        cwd=project.root,
        env=project.environment,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    assert done.stderr.count("has been submitted with SLURM jobid") == 3  # measuring, judging, drawing
    assert "localrule publish_sampling:" in done.stderr
    assert project.planned("group_3") == set()
    record = read_json(project.suite / "results" / "results_group_3_sampling_baseline_minimal.json")
    here = project.root / "tests" / "diagnostics" / QUICK["suite"] / "results"
    known = read_json(here / "results_group_3_sampling_baseline_minimal.json")
    assert record["error"] is None
    assert record["sampling"]["min_ess"] == known["sampling"]["min_ess"]
