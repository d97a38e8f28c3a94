"""The mistakes of tests/mistakes.yaml that take a run, or Snakemake's command line, to be found."""

import os
import shlex
import subprocess
import sys

import pytest
from harness import Project
from mistakes import check, each, lay_out

pytestmark = pytest.mark.reliability


@each("while_running")
def test_a_mistake_that_only_running_shows_ends_the_run(mistake, tmp_path):
    lay_out(tmp_path)
    environment = {**os.environ, "FAULTLINE_STORE": str(tmp_path / "store")}
    words = [sys.executable, "-P", "-m", *shlex.split(mistake["command"]), "--cores", "2"]
    done = subprocess.run(words, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert done.stdout == ""
    check(mistake, done.returncode, done.stderr)


@pytest.fixture(scope="module")
def checkout(tmp_path_factory) -> Project:
    project = Project.new(tmp_path_factory.mktemp("mistakes") / "project")
    lay_out(project.root)
    return project


@each("with_snakemake")
def test_a_mistake_on_snakemake_s_command_line(mistake, checkout):
    done = checkout.terminal([sys.executable, "-m", *shlex.split(mistake["command"])])
    check(mistake, done.returncode, done.stdout)
