"""The size ladder: what it measures, what it leaves alone, and what a changed list of sizes runs again."""

import json

import numpy as np
import pytest
from harness import Project

from faultline.core.record import read_json, validate

pytestmark = [pytest.mark.slow, pytest.mark.long]


@pytest.fixture(scope="module")
def sized(tmp_path_factory) -> Project:
    """Groups 1 to 4 use 10 of 60 frames; the sizes are 10, which group 4 has sampled, 40, and one beyond the data."""
    project = Project.new(tmp_path_factory.mktemp("sized") / "project", case="walk.py")
    np.savez(project.root / "series.npz", y=np.random.default_rng(0).normal(1, 1, size=60))
    project.configure({"dataset": "series.npz", "groups": {"max_T": 10, "sizes": [10, 40, 500]}})
    project.snakemake("size_ladder")
    assert not (project.suite / "report_summary.md").exists()
    project.snakemake("report_summary")
    return project


def measured(planned) -> set[str]:
    return {number for rule, number in planned if rule in ("measure", "sample")}


def record(project: Project, name: str) -> dict:
    found = read_json(project.suite / "results" / f"results_{name}.json")
    assert validate(found) == []
    return found


def changed(project: Project, tmp_path, **groups) -> set[tuple[str, str]]:
    """What would run for other settings of the groups."""
    copy = project.copy(tmp_path / "changed")
    copy.configure({"groups": groups})
    return copy.planned("report_summary")


def test_a_second_run_does_nothing(sized):
    assert sized.planned("report_summary", "size_ladder", "group_6") == set()


def test_each_size_has_its_own_frames_and_its_report(sized):
    own = record(sized, "group_6_sampling_size_40")
    assert (own["asked"]["max_T"], own["asked"]["size"], own["data"]["T"], own["number"]) == (40, 40, 40, 6)
    for name in ("group_5_sampling_size_10", "group_6_sampling_size_40", "group_7_sampling_size_500"):
        assert (sized.suite / f"report_{name}.html").stat().st_size > 0
    report = (sized.suite / "report_group_6_sampling_size_40.md").read_text()
    assert "# Group 6: Full model, T 40" in report
    assert "(debug_outputs/group_6_sampling_size_40/draws.nc)" in report


def test_the_size_of_the_other_groups_is_measured_once(sized):
    shared, same = record(sized, "group_5_sampling_size_10"), record(sized, "group_4_sampling_full_truncated")
    assert shared["sampling"] == same["sampling"] and shared["timestamp"] == same["timestamp"]
    assert shared["request"] == same["request"]
    assert (shared["asked"]["size"], same["asked"]["size"]) == (10, None)
    logs = sized.root / "tests" / "diagnostics" / ".store" / "logs" / shared["request"] / "measure.log"
    assert logs.read_text().count(": measured") == 1


def test_a_size_beyond_the_data_is_sampled_with_all_of_it_and_counts_as_that(sized):
    beyond = record(sized, "group_7_sampling_size_500")
    assert (beyond["asked"]["size"], beyond["data"]["T"]) == (500, 60)
    assert beyond["sampling"]["n_draws"] > 0 and beyond["verdict"]["outcome"] != "not_run"
    summary = json.loads((sized.suite / "results" / "summary.json").read_text())
    assert validate(summary, "summary") == []
    assert [row["T"] for row in summary["sizes"]] == [10, 40, 60]
    page = (sized.suite / "report_summary.md").read_text()
    assert "T 10, 40 and 60" in page and "Not sampled at" not in page
    assert "(plots/size_ladder.png)" in page


def test_only_a_new_size_is_measured_wherever_it_stands(sized, tmp_path):
    planned = changed(sized, tmp_path, sizes=[5, 10, 40, 500])
    assert measured(planned) == {"5"}
    assert {number for rule, number in planned if rule == "publish_sampling"} == {"5", "6", "7", "8"}


def renumbered(number: str) -> set[tuple[str, str]]:
    """The smallest failing model, taken apart, stands behind the sizes: with fewer of them it has another number."""
    return {("judge", number), ("plot", number), ("publish_apart", number)}


def test_a_size_left_out_measures_nothing(sized, tmp_path):
    assert changed(sized, tmp_path, sizes=[10, 40]) == renumbered("7") | {
        ("plot_sizes", ""),
        ("publish_size_ladder", ""),
        ("summarise", ""),
        ("report_summary", ""),
    }


def test_without_sizes_only_the_summary_is_made_again(sized, tmp_path):
    assert changed(sized, tmp_path, sizes=[]) == renumbered("5") | {("summarise", ""), ("report_summary", "")}


def test_other_frames_for_the_other_groups_leave_the_sizes_alone(sized, tmp_path):
    planned = changed(sized, tmp_path, max_T=20)
    assert measured(planned) == {"1", "2", "3", "4"}


def test_a_changed_picture_samples_nothing(sized, tmp_path):
    copy = sized.copy(tmp_path / "edited")
    copy.edit("src/faultline/report/plots/size.py")
    planned = copy.planned("report_summary")
    assert measured(planned) == set() and {("plot_sizes", ""), ("publish_size_ladder", "")} <= planned
    assert not {rule for rule, _ in planned} & {"judge"}
