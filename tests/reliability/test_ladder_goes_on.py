"""Whatever a model does, the ladder goes on: every group ends with a valid record, Snakemake with 0, and a summary."""

import json

import pytest
from harness import Project

from faultline.core.record import read_json, validate

pytestmark = pytest.mark.reliability


@pytest.fixture(scope="module")
def ended(tmp_path_factory) -> Project:
    """The ladder of a model that fails to build, is NaN, hangs, or kills its process, one component each."""
    project = Project.new(tmp_path_factory.mktemp("broken") / "project", case="broken.py")
    project.configure({"limits": {"total": 60}})
    project.snakemake("report_summary")
    return project


def record(project: Project, description: str) -> dict:
    (path,) = (project.suite / "results").glob(f"results_group_?_{description}.json")
    return read_json(path)


def test_every_group_ends_with_a_valid_record_and_a_report(ended):
    paths = sorted((ended.suite / "results").glob("results_group_?_*[!_].json"))
    latest = [path for path in paths if "__" not in path.name]
    assert len(latest) == 9
    for path in latest:
        assert validate(json.loads(path.read_text())) == []
        assert (ended.suite / f"report_{path.stem.removeprefix('results_')}.html").stat().st_size > 0


@pytest.mark.parametrize(
    ("description", "stage", "kind"),
    [
        ("build_only_sanity", "build", "ValueError"),
        ("sampling_fail_only", "build", "ValueError"),
        ("sampling_hang_only", "build", "TimeLimit"),
        ("sampling_die_only", "build", "Killed"),
    ],
)
def test_the_error_says_where_and_what(ended, description, stage, kind):
    error = record(ended, description)["error"]
    assert (error["stage"], error["type"]) == (stage, kind)
    assert record(ended, description)["verdict"]["outcome"] == "error"


def test_a_model_that_is_nan_fails_and_never_passes(ended):
    assert record(ended, "sampling_undefined_only")["verdict"]["outcome"] in ("fail", "error")


def test_the_sound_part_is_still_measured(ended):
    assert record(ended, "sampling_baseline_minimal")["error"] is None


def test_the_summary_names_every_group(ended):
    summary = json.loads((ended.suite / "results" / "summary.json").read_text())
    assert len(summary["groups"]) == 9
    assert (ended.suite / "report_summary.md").stat().st_size > 0
    assert (ended.suite / "report_summary.html").stat().st_size > 0


def test_only_what_looks_like_an_accident_is_tried_once_more(ended):
    """A kill, and a limit reached without computing, may have come from outside; the rest is a finding and stands."""
    again = {number for rule, number in ended.planned("report_summary") if rule in ("measure", "sample")}
    names = [path.name for path in (ended.suite / "requests").glob("group_*.json")]
    accidents = {name.split("_")[1] for name in names if "hang_only" in name or "die_only" in name}
    assert again == accidents and len(accidents) == 2
