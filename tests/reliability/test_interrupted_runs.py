"""Whatever ends a run from outside, nothing is left at work, and the same command completes it without being unlocked."""

import os
import signal
import subprocess
import time

import pytest
from line import wait_for

from faultline.core.record import write_json
from faultline.jobs.publish import default_run_id
from faultline.store.suite import Suite

pytestmark = pytest.mark.reliability


def kill_all(project, running):
    for process in [running, *project.processes()]:
        process.send_signal(signal.SIGKILL)


WAYS = {
    "kill -9 of Snakemake": lambda project, running: running.send_signal(signal.SIGKILL),
    "kill -9 of everything at once": kill_all,
    "SIGTERM to Snakemake": lambda project, running: running.send_signal(signal.SIGTERM),
    "Ctrl-C": lambda project, running: os.killpg(running.pid, signal.SIGINT),
    "the terminal hangs up": lambda project, running: os.killpg(running.pid, signal.SIGHUP),
}


@pytest.mark.parametrize("way", WAYS)
def test_the_same_command_completes_an_interrupted_run(project, way):
    project.level(2.0)
    # Snakemake waits for the jobs that run when it is told to end: one that is soon done.
    with project.started(TEST_WAIT="15" if way.startswith("SIGTERM") else "100") as running:
        wait_for(lambda: project.measured() == 1)
        WAYS[way](project, running)
        wait_for(lambda: not project.processes(), 60)
    project.run()
    assert project.shown() == (2.0, 123)
    assert project.measured() == (1 if way.startswith("SIGTERM") else 2)
    assert "Nothing to be done" in project.run()


def test_a_stopped_supervisor_goes_on_and_its_worker_waits_for_no_one(project):
    project.configure({"limits": {"total": 25, "compile": 20}})
    with project.started(TEST_WAIT="5") as running:
        wait_for(lambda: project.measured() == 1)
        supervisor = project.at_work("faultline stage")
        supervisor.suspend()
        time.sleep(30)  # past the limit
        supervisor.resume()
        assert running.wait(200) == 0
    assert (project.shown(), project.record()["error"]) == ((1.0, 123), None)


def test_a_second_snakemake_in_the_same_suite_is_refused_and_asks_for_nothing(project):
    project.level(2.0)
    with project.started(TEST_WAIT="20") as running:
        wait_for(lambda: project.measured() == 1)
        before = project.asked("group_1_build_only_sanity")
        said = project.run("--config", "seed=7", fails=True).strip().splitlines()
        assert said[-1].startswith("another run is using suite")
        assert project.asked("group_1_build_only_sanity") == before
        project.run("-n", "--config", "seed=123")  # to look is allowed
        with pytest.raises(subprocess.CalledProcessError) as refused:
            project.by_hand("--seed", "7")
        assert (
            refused.value.stderr.decode()
            .strip()
            .splitlines()[-1]
            .startswith("error: another run is using suite")
        )
        assert running.wait(200) == 0
    assert (project.shown(), project.measured()) == ((2.0, 123), 1)


def test_two_suites_share_a_store_and_what_both_ask_for_is_measured_once(project):
    project.level(2.0)
    with project.started(TEST_WAIT="10") as running:
        wait_for(lambda: project.measured() == 1)
        project.run("--config", "suite=other")
        assert running.wait(200) == 0
    assert (project.shown(), project.measured()) == ((2.0, 123), 1)
    here = project.asked("group_1_build_only_sanity")
    there = Suite(project.root / "tests" / "diagnostics" / "other").asked("group_1_build_only_sanity")
    assert here["measured"] == there["measured"]
    assert (
        project.root / "tests" / "diagnostics" / "other" / "report_group_1_build_only_sanity.html"
    ).is_file()


def test_a_clock_that_goes_back_loses_no_run(tmp_path):
    """Two measurements of one second: the copies under their run ids stand beside each other."""
    earlier = tmp_path / "results" / "results_group_1__2001-01-01T00-00-00.json"
    write_json(earlier, {"request": "a" * 32})
    later = {"group": "group_1", "run_id": "2001-01-01T00-00-00"}
    assert default_run_id(Suite(tmp_path), {**later, "request": "a" * 32}) == later["run_id"]
    assert default_run_id(Suite(tmp_path), {**later, "request": "b" * 32}) == f"{later['run_id']}_bbbbbb"
