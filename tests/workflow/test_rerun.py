"""Only what is stale runs again. Each test changes one thing in a finished ladder and asks what Snakemake would do."""

import os
import shutil

import pytest
from harness import QUICK, Project

pytestmark = pytest.mark.slow

LOOKING, SAMPLING, ALL = ["1", "2"], ["3", "4", "5", "6", "7"], ["1", "2", "3", "4", "5", "6", "7"]


def stages(rule: str, numbers: list[str]) -> set[tuple[str, str]]:
    return {(rule, number) for number in numbers}


def plots(numbers: list[str]) -> set[tuple[str, str]]:
    rules = {"1": "plot_build", "2": "plot_gradient"}
    return {(rules.get(number, "plot_sampling"), number) for number in numbers}


SUMMARY = {("summarise", ""), ("report_summary", "")}
REPORTS = stages("report_group", ALL) | SUMMARY


def test_a_second_run_does_nothing(project):
    done = project.snakemake("report_summary")
    assert "Nothing to be done" in done.stderr


def test_a_changed_draw_count_reruns_what_samples_and_what_follows(project):
    project.configure({"sampler": {"draws": QUICK["sampler"]["draws"] + 1}})
    follows = stages("judge", SAMPLING) | plots(SAMPLING) | stages("report_group", SAMPLING) | SUMMARY
    assert project.planned("report_summary") == stages("sample", SAMPLING) | follows


def test_a_changed_source_of_the_frozen_values_reruns_the_frozen_group(project):
    project.configure({"groups": {"freeze": {"lengths": False}}})
    assert project.planned("report_summary") == {
        *stages("sample", ["7"]),
        *stages("judge", ["7"]),
        *plots(["7"]),
        *stages("report_group", ["7"]),
        *SUMMARY,
    }


def test_a_changed_plot_reruns_plots_and_reports_and_samples_nothing(project):
    project.edit("src/faultline/plots/energy.py")
    assert project.planned("report_summary") == plots(ALL) | REPORTS


def test_a_changed_decision_rule_judges_again_and_samples_nothing(project):
    project.edit(
        min(str(p.relative_to(project.root)) for p in project.root.glob("src/faultline/verdict*/*.py"))
    )
    assert project.planned("report_summary") == stages("judge", ALL) | REPORTS


def test_a_changed_sentence_of_the_report_reruns_reports_only(project):
    project.edit("src/faultline/report.py")
    assert project.planned("report_summary") == REPORTS


def test_a_new_run_id_runs_nothing(project):
    project.configure({"run_id": "another"})
    assert project.planned("report_summary") == set()
    assert project.planned("report_summary", "--config", "run_id=again", "overwrite=True") == set()


def test_touched_sources_rerun_nothing(project):
    for path in project.root.rglob("*"):
        if "tests" not in path.relative_to(project.root).parts and ".snakemake" not in path.parts:
            os.utime(path)
    assert project.planned("report_summary") == set()


def test_sources_cloned_anew_rerun_nothing(project, tmp_path):
    """Sources with the dates of today and in another folder; results and Snakemake's notes as they were."""
    made = ("tests", ".snakemake")
    clone = Project(tmp_path / "clone")
    shutil.copytree(
        project.root, clone.root, copy_function=shutil.copyfile, ignore=shutil.ignore_patterns(*made)
    )
    for name in made:
        shutil.copytree(project.root / name, clone.root / name)
    assert (clone.root / "model.py").stat().st_mtime > (project.root / "model.py").stat().st_mtime
    assert clone.planned("report_summary") == set()


def test_an_edited_model_reruns_everything_that_depends_on_it(project):
    project.edit("model.py")
    measured = stages("measure", LOOKING) | stages("sample", SAMPLING)
    assert project.planned("report_summary") == measured | stages("judge", ALL) | plots(ALL) | REPORTS


def test_an_edited_probe_measures_again(project):
    project.edit(
        min(str(p.relative_to(project.root)) for p in project.root.glob("src/faultline/probes/*.py"))
    )
    assert stages("measure", LOOKING) | stages("sample", SAMPLING) <= project.planned("report_summary")


@pytest.mark.parametrize(
    ("number", "measure", "plot"), [("2", "measure", "plot_gradient"), ("4", "sample", "plot_sampling")]
)
def test_a_target_of_one_group_runs_its_own_stages_only(fresh, number, measure, plot):
    own = {
        (measure, number),
        ("judge", number),
        (plot, number),
        ("report_group", number),
        (f"group_{number}", ""),
    }
    assert fresh.planned(f"group_{number}") == own


def test_a_suite_of_its_own_is_measured_anew(project):
    assert stages("sample", SAMPLING) <= project.planned("report_summary", "--config", "suite=other")
