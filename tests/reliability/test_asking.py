"""Run ids, and asking for a measurement again."""

import pytest
from line import GROUP

pytestmark = pytest.mark.reliability


def copies(project) -> set[str]:
    return {path.stem.split("__")[1] for path in (project.suite / "results").glob("results_*__*.json")}


def test_a_run_id_is_refused_only_for_another_measurement_and_before_anything_is_touched(project):
    assert "Nothing to be done" in project.run("--config", "run_id=mine")
    project.run("--config", "run_id=mine", "seed=7")
    assert "mine" in copies(project)
    state = {path: path.stat().st_mtime_ns for path in project.suite.rglob("*") if path.is_file()}
    said = project.run("--config", "run_id=mine", "seed=8", fails=True).strip().splitlines()
    assert said[-1].startswith(f"run id mine of {GROUP} exists already")
    assert {path: path.stat().st_mtime_ns for path in state} == state
    assert project.measured() == 1
    project.run("--config", "run_id=mine", "seed=7")
    assert (project.shown(), project.measured()) == ((1.0, 7), 1)
    project.run("--config", "run_id=mine", "seed=8", "overwrite=true")
    assert (project.shown(), project.measured()) == ((1.0, 8), 2)


def test_what_is_asked_for_again_is_measured_again_and_only_once(project):
    first = project.asked(GROUP)["measured"]
    project.run("-n", "--config", "again=true")
    assert "Nothing to be done" in project.run()
    project.run("--config", "again=true")
    assert (project.shown(), project.measured()) == ((1.0, 123), 1)
    assert project.asked(GROUP)["measured"] != first
    assert "Nothing to be done" in project.run()
    project.by_hand()
    assert project.measured() == 1  # what is in the store is published
    project.by_hand("--again")
    assert project.measured() == 2
    assert "Nothing to be done" in project.run() or project.shown() == (1.0, 123)
    assert project.measured() == 2


def test_force_publishes_again_and_measures_nothing(project):
    project.run("--forceall")
    assert (project.shown(), project.measured()) == ((1.0, 123), 0)
