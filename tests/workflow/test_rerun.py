"""Only what is stale runs again. Each test changes one thing in a finished ladder and asks what Snakemake would do."""

import os
import re
import shutil
import sys

import pytest
from harness import QUICK, Project

pytestmark = pytest.mark.slow

LOOKING, SAMPLING, LADDER = ["1", "2"], ["3", "4", "5", "6", "7"], ["1", "2", "3", "4", "5", "6", "7"]
APART = ["8"]
"""The smallest model that fails, taken apart: planned where the outcomes of the ladder are known."""


def stages(rule: str, numbers: list[str]) -> set[tuple[str, str]]:
    return {(rule, number) for number in numbers}


KINDS = {"1": "build", "2": "gradient", "7": "frozen", "8": "apart"}
SUMMARY = {("summarise", ""), ("report_summary", "")}


def published(numbers: list[str]) -> set[tuple[str, str]]:
    return {(f"publish_{KINDS.get(number, 'sampling')}", number) for number in numbers}


ALL = [*LADDER, *APART]
REPORTS = published(ALL) | SUMMARY
OF_LADDER = published(LADDER) | SUMMARY


def test_a_second_run_does_nothing(project):
    done = project.snakemake("report_summary")
    assert "Nothing to be done" in done.stderr


@pytest.mark.parametrize("options, count", [([], sys.maxsize), (["--max-jobs-per-timespan", "50/1s"], 50)])
def test_starts_are_limited_only_by_what_the_user_asks_for(project, options, count):
    (project.suite / "report_group_1_build_only_sanity.md").unlink()
    said = project.snakemake("--verbose", *options, "group_1").stderr
    assert re.findall(r"Resources after job selection: .*'_job_count': (\d+)", said)[0] == str(count)


def test_a_changed_draw_count_reruns_what_samples_and_what_follows(project):
    project.configure({"sampler": {"draws": QUICK["sampler"]["draws"] + 1}})
    follows = stages("judge", SAMPLING) | stages("plot", SAMPLING) | published(SAMPLING) | SUMMARY
    assert project.planned("report_summary") == stages("sample", SAMPLING) | follows


def test_a_changed_source_of_the_frozen_values_reruns_the_frozen_group(project):
    project.configure({"groups": {"freeze": {"lengths": False}}})
    assert project.planned("report_summary") == {
        *stages("sample", ["7"]),
        *stages("judge", ["7"]),
        *stages("plot", ["7"]),
        *published(["7"]),
        *SUMMARY,
    }


def test_a_changed_plot_reruns_plots_and_reports_and_samples_nothing(project):
    project.edit("src/faultline/report/plots/energy.py")
    assert project.planned("report_summary") == stages("plot", ALL) | REPORTS


def test_a_changed_decision_rule_judges_again_and_samples_nothing(project):
    project.edit("src/faultline/findings/geometry.py")
    assert project.planned("report_summary") == stages("judge", LADDER) | OF_LADDER


def test_a_changed_sentence_of_the_report_reruns_reports_only(project):
    project.edit("src/faultline/report/group_page.py")
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
    assert (
        project.planned("report_summary")
        == measured | stages("judge", LADDER) | stages("plot", LADDER) | OF_LADDER
    )


def test_an_edited_probe_measures_again(project):
    project.edit(
        min(str(p.relative_to(project.root)) for p in project.root.glob("src/faultline/probes/*.py"))
    )
    assert stages("measure", LOOKING) | stages("sample", SAMPLING) <= project.planned("report_summary")


@pytest.mark.parametrize(("number", "measure"), [("2", "measure"), ("4", "sample")])
def test_a_target_of_one_group_runs_its_own_stages_only(fresh, number, measure):
    own = {
        *((rule, number) for rule in (measure, "judge", "plot")),
        *published([number]),
        (f"group_{number}", ""),
    }
    assert fresh.planned(f"group_{number}") == own


def test_another_suite_of_the_same_store_measures_nothing(project):
    assert project.planned("report_summary", "--config", "suite=other") == REPORTS


def test_without_a_store_nothing_runs_until_something_is_asked(project):
    """What is published is whole; a missing intermediate is no reason to run, but it is made where it is needed."""
    (project.root / "tests" / "diagnostics" / ".store").rename(project.root / "elsewhere")
    assert project.planned("report_summary") == set()
    project.edit("src/faultline/report/group_page.py")
    assert stages("sample", SAMPLING) | stages("judge", LADDER) | OF_LADDER <= project.planned(
        "report_summary"
    )


def test_looking_asks_for_nothing_again(project):
    assert project.planned("group_1", "--config", "again=true") == set()
