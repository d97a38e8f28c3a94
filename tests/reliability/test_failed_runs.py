"""After a run that failed, the same command tells the truth: it fails again, or it measures what is asked."""

import os
import shutil
import signal

import pytest
from line import REPORT, wait_for

pytestmark = pytest.mark.reliability


@pytest.mark.parametrize("target", ["group_1", REPORT])
def test_a_broken_model_fails_every_time_and_loses_nothing(project, target):
    """A rule as the target and a file as the target."""
    before = project.record()
    sound = (project.root / "model.py").read_text()
    project.edit("model.py", "\nimport nosuchlib\n")
    for _ in range(2):
        said = project.run(target, fails=True)
        assert "No module named 'nosuchlib'" in said
        assert "Traceback" not in said
    assert project.record() == before
    (project.root / "model.py").write_text(sound)
    project.run(target)
    assert (project.shown(), project.measured()) == ((1.0, 123), 0)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_a_killed_supervisor_of_a_changed_seed_is_measured_by_the_next_command(project, number):
    for attempt in (1, 2):
        with project.started("--config", "seed=7", TEST_WAIT="100") as running:
            wait_for(lambda: project.measured() == attempt)  # noqa: B023
            project.at_work("faultline stage").send_signal(number)
            assert running.wait(100) == 1
        wait_for(lambda: not project.processes("faultline.run.worker"))
    assert project.record()["asked"]["seed"] == 123
    project.run("--config", "seed=7")
    assert project.shown() == (1.0, 7)
    assert project.measured() == 3
    project.run()
    assert project.shown() == (1.0, 123)
    assert project.measured() == 3


def test_a_killed_worker_is_an_accident_that_is_tried_once_more_and_then_stands(project):
    for attempt in (1, 2):
        with project.started("--config", "seed=7", TEST_WAIT="100") as running:
            wait_for(lambda: project.measured() == attempt)  # noqa: B023
            project.at_work("faultline.run.worker").kill()
            assert running.wait(100) == 0
        error = project.record()["error"]
        assert (error["type"], error["signal"], error["stage"]) == ("Killed", "SIGKILL", "build")
        advice = project.record()["verdict"]["next_action"]
        assert ("again=true" if attempt == 2 else "the same command again") in advice
    said = project.run("--config", "seed=7")
    assert "Nothing to be done" in said and project.measured() == 2
    project.run("--config", "seed=7", "again=true")
    assert project.record()["error"] is None
    assert (project.shown(), project.measured()) == ((1.0, 7), 3)


def test_another_model_of_an_older_date_is_measured(project):
    kept = project.root / "kept.py"
    shutil.copy2(project.root / "model.py", kept)
    project.level(2.0)
    os.utime(project.root / "model.py", (1577836800, 1577836800))  # 2020
    project.run()
    assert project.shown() == (2.0, 123)
    assert "Nothing to be done" in project.run()
    shutil.copy2(kept, project.root / "model.py")  # as cp -p does
    project.run()
    assert project.shown() == (1.0, 123)
    assert project.measured() == 1


def test_an_edit_while_the_model_is_measured_is_not_published(project):
    project.level(2.0)
    with project.started(TEST_WAIT="8") as running:
        wait_for(lambda: project.measured() == 1)
        project.level(3.0)
        assert running.wait(200) == 1
    assert "run the command again" in (project.root / "said").read_text()
    assert project.record()["request"] != project.asked("group_1_build_only_sanity")["measured"]
    project.run()
    assert project.shown() == (3.0, 123)


@pytest.mark.parametrize("options", [[], ["--rerun-triggers", "mtime"]])
def test_snakemakes_memory_is_not_needed(project, options):
    """Lost, or not looked at: a changed seed, then A, B and A again."""
    if not options:
        shutil.rmtree(project.root / ".snakemake")
    project.run(*options, "--config", "seed=7")
    assert project.shown() == (1.0, 7)
    project.level(2.0)
    project.run(REPORT, *options)
    assert project.shown() == (2.0, 123)
    if not options:
        shutil.rmtree(project.root / ".snakemake")
    project.level(1.0)
    project.run(REPORT, *options)
    assert (project.shown(), project.measured()) == ((1.0, 123), 2)


@pytest.mark.parametrize("options", [[], ["--rerun-triggers", "mtime"]])
def test_what_a_script_published_gives_way_to_what_the_workflow_asks_for(project, options):
    project.by_hand("--seed", "7")
    assert (project.shown(), project.measured()) == ((1.0, 7), 1)
    project.run(*options)
    assert (project.shown(), project.measured()) == ((1.0, 123), 1)
    project.by_hand("--seed", "7", "--again")
    assert (project.shown(), project.measured()) == ((1.0, 7), 2)


def test_a_script_that_only_measures_is_repaired_as_well(project):
    project.by_hand("--seed", "7", "--stage", "measure")
    project.run()
    measured = next((project.suite / "results").glob("measured_*.json")).read_text()
    assert '"seed": 123' in measured
    assert project.shown() == (1.0, 123)


def test_an_edited_rule_judges_again_and_an_edited_sentence_only_publishes(project):
    project.edit("src/faultline/findings/build.py")
    said = project.run()
    assert "rule judge:" in said and "rule plot:" not in said
    project.edit("src/faultline/report/group_page.py")
    said = project.run()
    assert "rule judge:" not in said and "rule publish_build:" in said
    assert (project.shown(), project.measured()) == ((1.0, 123), 0)


def test_a_judge_that_breaks_fails_every_time_and_judges_once_it_is_mended(project):
    rules = project.root / "src" / "faultline" / "diagnosis" / "rules.py"
    sound = rules.read_text()
    project.edit("src/faultline/diagnosis/rules.py", "\nraise SystemExit(9)\n")
    for _ in range(2):
        project.run(fails=True)
    rules.write_text(sound + "# mended\n")
    project.run()
    assert (project.shown(), project.measured()) == ((1.0, 123), 0)


@pytest.mark.parametrize("stage", ["judge", "plot", "publish"])
def test_a_killed_stage_is_made_by_the_next_command(project, stage):
    """Its code is edited so that it waits where the environment says so, and is killed there."""
    edited = {
        "judge": "findings/build.py",
        "plot": "report/plots/logp.py",
        "publish": "report/group_page.py",
    }[stage]
    project.edit(
        f"src/faultline/{edited}", "\nimport os, time\ntime.sleep(float(os.environ.get('TEST_STAGE', 0)))\n"
    )
    command = "faultline publish" if stage == "publish" else "faultline stage"
    with project.started(TEST_STAGE="60") as running:
        project.at_work(command).kill()
        assert running.wait(100) == 1
    project.run()
    assert (project.shown(), project.measured()) == ((1.0, 123), 0)
    assert "Nothing to be done" in project.run()
