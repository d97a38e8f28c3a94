"""The size ladder: what passing and failing sizes mean together, and that they leave every other rule alone."""

from __future__ import annotations

import math

import pytest
from verdict_records import (
    failing,
    judged,
    ladder,
    logp,
    measured,
    run,
    sized,
)

from faultline.core import record as records
from faultline.core.sections.record import Record
from faultline.diagnosis import sizes
from faultline.diagnosis.summarise import summarise
from faultline.findings.finding import SCORE_UNDECIDED


def outcomes(**at):
    """Judged records of a size ladder: ``outcomes(T200="fail")``."""
    return [judged(sized(int(name[1:]), outcome=outcome)) for name, outcome in at.items()]


def read(judged_records):
    return sizes.read(map(Record.of, judged_records))


def found(*extra, **changed):
    return summarise([*ladder(**changed), *extra])


def answer(summary):
    return summary["component"], summary["cause_class"], summary["confidence"]


# --- What the sizes say ---


def test_truncated_works_and_a_larger_size_fails_is_scaling():
    summary = found(*outcomes(T80="pass", T200="pass", T500="fail", T1800="fail"))
    assert answer(summary) == ("size", "a", "medium")
    assert summary["first_failing_group"] == "group_500_sampling_size_500"
    assert summary["answer"]["headline"] == "geometry: the model fails only when it is large"
    assert summary["first_failing_sampling_group"] == "group_500_sampling_size_500"
    assert "scaling or identifiability, not a hard bug" in summary["implication"]
    assert "passes at T 80 and 200; fails at T 500 and 1800" in summary["implication"]
    assert "works up to T 200 and fails from T 500 on" in summary["implication"]
    assert [s["names"] for s in summary["suspects"]] == [["size"]]
    assert {item["group"] for item in summary["suspects"][0]["evidence"]} == {
        "group_500_sampling_size_500",
        "group_200_sampling_size_200",
    }


def test_what_to_do_about_size_names_the_two_sizes_to_compare():
    action = found(*outcomes(T200="pass", T500="fail"))["next_action"]
    assert action.startswith("See in plots/size_ladder.png what changes")
    assert "between T 200 and T 500" in action and "worsens with T" in action


def test_the_truncated_group_is_the_smallest_size():
    """Group 6 is the same model at T 80: one larger size is a ladder already."""
    summary = found(*outcomes(T500="fail"))
    assert [(row["T"], row["number"], row["outcome"]) for row in summary["sizes"]] == [
        (80, 6, "pass"),
        (500, 500, "fail"),
    ]
    assert summary["component"] == "size"


def test_without_components_the_baseline_is_the_same_model():
    def bare(record):
        record["asked"]["components"] = {}
        return judged(record)

    summary = summarise([bare(measured(3)), bare(sized(500, outcome="fail"))])
    assert [row["T"] for row in summary["sizes"]] == [80, 500]
    assert summary["component"] == "size"


def test_when_every_size_passes_size_is_cleared():
    summary = found(*outcomes(T80="pass", T1800="pass"))
    assert (summary["outcome"], *answer(summary)) == ("pass", None, None, "medium")
    cleared = [row for row in summary["ruled_out"] if row["names"] == ["size"]]
    assert [row["group"] for row in cleared] == ["group_1800_sampling_size_1800"]
    assert "size is not a cause up to T 1800" in summary["implication"]
    assert "If it fails at full size" not in summary["implication"]
    assert "more than 1800 frames" in summary["next_action"]


def test_one_size_alone_clears_nothing():
    summary = found(*outcomes(T80="pass"))
    assert not [row for row in summary["ruled_out"] if row["names"] == ["size"]]
    assert "If it fails at full size" in summary["implication"]


def test_when_every_size_fails_size_explains_nothing():
    every = {f"g{number}": failing(number) for number in (3, 4, 5, 6)}
    summary = found(*outcomes(T20="fail", T80="fail", T200="fail"), **every)
    assert answer(summary) == ("core model", "a", "medium")
    assert "No size passes, so size does not separate failures from passes" in summary["implication"]
    assert [s["names"] for s in summary["suspects"]] == [["core model"]]


def test_sizes_that_fail_while_the_groups_of_one_size_are_open_isolate_nothing():
    summary = found(*outcomes(T200="fail", T500="fail"), g6=None)
    assert answer(summary) == ("use_a + use_b", "a", "low")
    assert summary["suspects"][0]["score"] == SCORE_UNDECIDED
    assert "the part that makes it fail here is not known" in summary["implication"]


def test_a_size_that_does_not_decide_is_said_to():
    summary = found(*outcomes(T200="pass", T500="inconclusive", T1800="error"))
    assert (summary["outcome"], *answer(summary)) == ("error", None, None, "low")
    assert "does not decide at T 500 and 1800. Whether size matters is not decided." in summary["implication"]
    assert "group_1800_sampling_size_1800 (TIMEOUT)" in summary["next_action"]


def test_an_undecided_size_makes_the_answer_less_sure():
    assert answer(found(*outcomes(T200="pass", T500="error", T1800="fail"))) == ("size", "a", "medium")


def test_a_size_that_fails_below_one_that_passes_is_not_size_alone():
    summary = found(*outcomes(T200="fail", T500="pass"))
    assert answer(summary) == ("unknown", "a", "low")
    assert summary["outcome"] == "fail"
    for key in ("implication", "next_action"):
        assert "It fails at T 200 and passes at T 500, so it is not size alone" in summary[key]
        assert "another seed" in summary[key]


def test_a_failure_above_the_largest_passing_size_is_trusted_less_after_one_below():
    summary = found(*outcomes(T200="fail", T500="pass", T1000="fail", T1800="fail"))
    assert answer(summary) == ("size", "a", "medium")
    assert summary["suspects"][0]["evidence"][0]["group"] == "group_1000_sampling_size_1000"
    assert "It fails at T 200 and passes at T 500" in summary["implication"]


def test_a_crash_at_a_larger_size_is_a_failure_and_a_limit_is_not():
    broken = {"stage": "build", "type": "RecursionError", "message": "too deep", "traceback": ""}
    crashed = sized(500, outcome="error", error=broken)
    assert answer(found(judged(crashed))) == ("size", None, "medium")
    assert found(*outcomes(T500="error"))["component"] is None


# --- The rules of the other groups ---


def test_smaller_sizes_are_no_smaller_models():
    """Size 20 fails and is not the failing model: the group of the shared size is."""
    summary = found(*outcomes(T20="fail"), g4=failing(4), g6=failing(6))
    assert answer(summary) == ("use_a", "a", "medium")
    assert found(*outcomes(T20="pass"), g6=failing(6))["component"] == "use_a + use_b"


@pytest.mark.parametrize("outcome", ["pass", "fail", "error", "inconclusive"])
def test_no_size_disturbs_a_part_that_the_ladder_isolates(outcome):
    plain = found(g4=failing(4), g6=failing(6))
    with_sizes = found(*outcomes(T20=outcome, T500=outcome), g4=failing(4), g6=failing(6))
    assert answer(with_sizes) == answer(plain)
    assert with_sizes["suspects"] == plain["suspects"]
    assert with_sizes["ruled_out"] == plain["ruled_out"]


def test_a_model_that_fails_at_the_shared_size_and_passes_below_says_that_it_grows():
    summary = found(*outcomes(T20="pass"), g6=failing(6))
    assert "works up to T 20 and fails from T 80 on: the problem grows with size" in summary["implication"]


def test_a_fault_measured_at_the_size_that_fails_explains_it():
    terms = [{"name": "extra", "value": math.nan, "n_nan": 1}]
    broken = sized(500, outcome="fail", logp=logp(total=math.nan, terms=terms))
    summary = found(judged(sized(200)), judged(broken))
    assert answer(summary) == ("extra", "c", "medium")
    assert [s["names"] for s in summary["suspects"]] == [["extra"], ["size"]]


# --- Rows ---


def test_rows_go_by_the_frames_that_were_used():
    """A limit of 2000 frames on 1800 used 1800: with another group at 1800 it is one size."""
    twice = sized(2000, 9, data={"T": 1800})
    rows = read([judged(sized(1800, 8)), judged(twice)]).rows
    assert [(row["T"], row["number"]) for row in rows] == [(1800, 8)]


def test_a_row_has_the_figures_of_the_run_that_was_judged():
    short, long = read(outcomes(T200="fail", T500="pass")).rows
    assert (short["run"], short["n_draws"], short["divergences"], short["seconds"]) == (
        "as asked",
        200,
        48,
        20.0,
    )
    assert (long["run"], long["n_draws"], long["mean_step_size"], long["n_values"]) == (
        "longer",
        4000,
        0.3,
        9,
    )


def test_without_sizes_there_are_no_rows_and_no_words():
    assert found()["sizes"] == []
    assert sizes.said(read(ladder())) == ""


@pytest.mark.parametrize(
    "extra",
    [
        outcomes(T80="pass", T200="fail"),
        outcomes(T20="fail", T200="pass", T500="error"),
        outcomes(T200="inconclusive"),
        [judged(sized(200, sampling_extended=run(max_rhat=math.nan, mean_step_size=None)))],
    ],
)
def test_every_summary_with_sizes_fits_the_schema_and_has_its_paragraphs(extra):
    summary = found(*extra)
    assert records.validate(summary, "summary") == []
    for key in ("implication", "next_action"):
        assert summary[key] == " ".join(summary[key].split()) and summary[key].endswith(".")
