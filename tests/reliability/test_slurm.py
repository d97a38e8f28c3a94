"""The Slurm profile, on a Slurm that answers here: every stage is a job, and the suite answers what is asked, as on one machine."""

import importlib.util
import shutil
import subprocess

import pytest


def answers(*command: str) -> bool:
    return (
        bool(shutil.which(command[0]))
        and not subprocess.run(command, capture_output=True, check=False).returncode
    )


pytestmark = [
    pytest.mark.reliability,
    pytest.mark.skipif(
        importlib.util.find_spec("snakemake_executor_plugin_slurm") is None or not answers("sinfo"),
        reason="needs a Slurm that answers `sinfo`, and `make slurm`",
    ),
]
SUBMITTED = "has been submitted with SLURM jobid"


def test_on_a_cluster_a_suite_answers_what_is_asked(project):
    asked = ["--workflow-profile", "profiles/slurm"]
    if not answers("sacct"):
        asked += ["--slurm-status-command", "squeue"]
    project.level(2.0)
    said = project.run(*asked)
    assert said.count(SUBMITTED) == 3  # measuring, judging, drawing
    assert "localrule publish_build:" in said
    assert (project.shown(), project.measured()) == ((2.0, 123), 1)
    assert "Nothing to be done" in project.run(*asked)
    project.by_hand("--seed", "7")
    assert (project.shown(), project.measured()) == ((2.0, 7), 2)
    assert SUBMITTED not in project.run(*asked)  # all of it is in the store
    assert (project.shown(), project.measured()) == ((2.0, 123), 2)
    project.level(1.0)
    assert SUBMITTED not in project.run(*asked)
    assert (project.shown(), project.measured()) == ((1.0, 123), 2)
    project.level(3.0)
    project.run(*asked, "--config", "seed=9")
    assert (project.shown(), project.measured()) == ((3.0, 9), 3)
