"""Nothing outlives its run, whoever is killed; and no two runs write in one place."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import pytest
from measure_toys import BUILD, ENVIRONMENT, MEASURED, command, measured, processes_in, run, start, wait_for

from faultline.errors import InputError
from faultline.process import only_one
from faultline.record import read_json

# A model that hangs beside a process of its own, as a sampler hangs beside its chains.
HANGS = """
import os, subprocess, time

def build():
    if os.path.exists("mended"):
        raise ValueError("mended")
    subprocess.Popen(["sleep", "60"])
    open("hanging", "w").close()
    time.sleep(60)
"""


@pytest.fixture
def hanging(tmp_path):
    """A supervisor whose worker hangs in build, with a grandchild."""
    supervisor = start(tmp_path, HANGS, log=tmp_path / "log")
    assert wait_for((tmp_path / "hanging").exists), (tmp_path / "log").read_text()
    assert len(processes_in(tmp_path)) >= 4  # supervisor, guard, worker, the worker's child
    yield tmp_path, supervisor
    supervisor.kill()
    supervisor.wait()


def test_killing_the_supervisor_ends_its_worker_and_all_it_started(hanging):
    folder, supervisor = hanging
    os.kill(supervisor.pid, signal.SIGKILL)
    supervisor.wait()
    assert wait_for(lambda: not processes_in(folder), 5), processes_in(folder)
    (folder / "mended").touch()
    assert run(folder, HANGS, "--run_id", "next").returncode == 0
    assert measured(folder)["error"]["message"] == "mended"


def test_a_supervisor_that_is_told_to_stop_says_so_and_fails(hanging):
    folder, supervisor = hanging
    supervisor.terminate()
    assert supervisor.wait(10) == 128 + signal.SIGTERM
    assert not (folder / MEASURED.format(BUILD)).exists()
    (left,) = (folder / "tests/diagnostics/.store/running").glob("*/measured.json")
    error = read_json(left)["error"]
    assert (error["stage"], error["type"]) == ("build", "Interrupted")
    assert not processes_in(folder)


def test_killing_snakemake_ends_the_group_and_leaves_no_record(tmp_path):
    measuring = [*command(tmp_path, HANGS), "--stage", "measure"]
    snakemake = tmp_path / "snakemake"
    snakemake.write_text(f"import subprocess\nsubprocess.run({measuring!r})\n")
    process = subprocess.Popen([sys.executable, str(snakemake)], cwd=tmp_path, env=ENVIRONMENT)
    try:
        assert wait_for((tmp_path / "hanging").exists)
    finally:
        process.kill()
    # Not reaped yet, as when the one who killed it is busy: a zombie counts as dead.
    assert wait_for(lambda: not processes_in(tmp_path), 5), processes_in(tmp_path)
    process.wait()
    assert not (tmp_path / MEASURED.format(BUILD)).exists()


def test_two_runs_of_one_group_do_not_mix(tmp_path):
    with (
        only_one(tmp_path / "run"),
        pytest.raises(InputError, match="another process is measuring"),
        only_one(tmp_path / "run", patience=0),
    ):
        pass
    with only_one(tmp_path / "run", patience=0):
        pass
