"""Every stage of a measurement has words, and every job of the workflow has its line."""

import re
from pathlib import Path
from types import SimpleNamespace

import pytest

from faultline import progress, screen
from faultline.plan.requests import Plan

SOURCE = Path(progress.__file__).parent
ENTERED = re.compile(r"\b(?:stage|enter|on_stage|look)\(\s*\"(\w+)\"")
BY_VARIABLE = {"sample", "sample_extended", "whole", "longer", "start"}


def test_every_stage_that_is_entered_has_words_and_no_other():
    entered = {name for path in SOURCE.rglob("*.py") for name in ENTERED.findall(path.read_text())}
    assert entered | BY_VARIABLE == set(progress.IN_WORDS)


def test_a_stage_of_a_case_s_own_is_said_by_its_name():
    assert progress.in_words("my_own_stage") == "my own stage"


@pytest.fixture
def shown(monkeypatch, tmp_path):
    """A screen that was told of two groups."""
    monkeypatch.setattr(screen, "_shown", None)
    plan = Plan()
    for number, name in ((3, "group_3_sampling_baseline_minimal"), (10, "group_10_sampling_size_80")):
        group = SimpleNamespace(name=name, target=f"group_{number}")
        plan.groups[name] = SimpleNamespace(
            group=group, measured=f"m{number}", judged=f"j{number}", plotted=f"p{number}", published="k"
        )
    screen.show(SimpleNamespace(dag_settings=None), str(tmp_path), plan)


def test_what_would_run_is_one_line_for_each_group_in_their_order(shown):
    jobs = [
        ("judge", {"key": "j10"}),
        ("sample", {"key": "m10"}),
        ("summarise", {}),
        ("report_summary", {}),
        ("publish_sampling", {"group": "group_3_sampling_baseline_minimal"}),
        ("make_dataset", {"key": "other"}),
    ]
    assert screen.planned(jobs) == [
        "  dataset: simulate",
        "  group 3: report",
        "  group 10: sample, judge",
        "  summary: write",
    ]


def test_a_wrong_target_is_answered_with_the_nearest_and_with_all(shown):
    said = screen.no_target("grup_3")
    assert said.startswith("there is no target grup_3. Did you mean group_3?")
    assert "group_10" in said and "report_summary" in said


def test_without_a_record_there_is_no_answer(shown):
    assert screen.answer() == []
