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
    assert said[-1].startswith(f"run id mine already holds a different measurement of {GROUP}")
    assert {path: path.stat().st_mtime_ns for path in state} == state
    assert project.measured() == 1
    project.run("--config", "run_id=mine", "seed=7")
    assert (project.shown(), project.measured()) == ((1.0, 7), 1)
    project.run("--config", "run_id=mine", "seed=8", "overwrite=true")
    assert (project.shown(), project.measured()) == ((1.0, 8), 2)


def test_a_variable_of_the_environment_that_the_model_names_asks_for_another_measurement(project):
    path = project.root / "model.py"
    path.write_text(
        path.read_text().replace("LEVEL = 1.0", 'LEVEL = float(os.environ.get("LEVEL_TOLD", 1.0))')
    )
    project.run()
    assert (project.shown(), project.measured()) == ((1.0, 123), 1)
    project.run(LEVEL_TOLD="2.0")
    assert (project.shown(), project.measured()) == ((2.0, 123), 2)
    assert "Nothing to be done" in project.run(LEVEL_TOLD="2.0")
    project.run()
    assert (project.shown(), project.measured()) == ((1.0, 123), 2)


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


def test_the_summary_of_another_request_is_not_packed_into_a_report(project):
    project.run("report_summary", "--config", "groups={max_T: null}")
    report = project.root / "report.html"
    asked = ["--report", str(report), "--config", "groups={max_T: null}"]
    project.run(*asked)
    report.unlink()
    project.level(2.0)
    said = project.run(*asked, fails=True).strip().splitlines()
    assert "was made with other settings" in said[-1] and not report.exists()


def test_touch_calls_nothing_new(project):
    project.level(2.0)
    assert "leave it out" in project.run("--touch", fails=True).strip().splitlines()[-1]
    project.run()
    assert project.shown() == (2.0, 123)


def test_a_label_may_have_a_plus(project):
    (project.root / "model.py").write_text(
        "import pymc as pm\n\nLABELS = {'use_x': 'a+b', 'use_z': 'c++'}\n\n"
        "def build(use_x=True, use_z=True):\n    with pm.Model() as model:\n        pm.Normal('x')\n    return model\n"
    )
    assert "c++" in project.run("report_summary", "-n", FAULTLINE_PLAIN="1")
