"""What is said of a pipeline's stages: which raise, which leave what is not finite, and which criteria and oracles do not hold."""

import pytest

from faultline.core.sections.pipeline import PipelineRun, Reading
from faultline.core.sections.record import Record
from faultline.findings.pipeline import checks, first_bad, said

STAGES = [
    {"name": "data", "inputs": [], "toggles": [], "line": 1},
    {"name": "fit", "inputs": ["data"], "toggles": ["rate", "start"], "line": 5},
    {"name": "score", "inputs": ["fit"], "toggles": ["rate"], "line": 9},
]


def pipeline(*seeds, **about) -> PipelineRun:
    """``seeds``: of each, stage -> what it left."""
    runs = [
        {"seed": seed, "stages": [{"name": name, **left} for name, left in stages.items()]}
        for seed, stages in enumerate(seeds, start=1)
    ]
    return PipelineRun.of({"stages": STAGES, "runs": runs, **about})


def found(*seeds, **about) -> dict[str, list]:
    """Name of a check -> those of that name."""
    rows: dict[str, list] = {}
    for check in checks(Record(pipeline=pipeline(*seeds, **about))):
        rows.setdefault(check.name, []).append(check)
    return rows


def raised(message="too small", where="pipe.py line 3, in fit", **more):
    return {"error": {"type": "ValueError", "message": message, "where": where, **more}}


LOSS = {"fit.loss": {"at_most": 2.0, "words": "the loss"}}
BAD = {"step": 40, "term": "elbo"}


# --- stages that raise


def test_stages_that_all_end_are_said_to():
    (check,) = found({"data": {}, "fit": {}})["stages_run"]
    assert check.passed is True and check.note == "every stage ran to its end" and check.names == ()


def test_a_stage_that_raises_with_some_of_the_seeds_says_with_how_many():
    (check,) = found({"fit": raised()}, {"fit": {}}, {"fit": raised()})["stages_run"]
    assert check.note == "stage fit raises ValueError in pipe.py line 3, in fit with 2 of 3 seeds: too small"
    (check,) = found({"fit": raised()}, {"fit": raised()})["stages_run"]
    assert check.note == "stage fit raises ValueError in pipe.py line 3, in fit: too small"


def test_an_error_without_a_message_or_a_place_in_the_case():
    (check,) = found({"fit": raised(message="", where="")})["stages_run"]
    assert check.note == "stage fit raises ValueError: no message"


def test_what_was_raised_in_a_scenario_before_names_the_stage_of_that_scenario():
    (check,) = found({"fit": raised(stage="data", scenario="day 1")})["stages_run"]
    assert check.names == ("data",)
    assert check.note == (
        "stage data raises ValueError in pipe.py line 3, in fit in scenario day 1, which stage fit goes on from: too small"
    )


# --- values that are not finite


def test_the_first_stage_with_a_value_that_is_not_finite_is_named_whatever_its_seed():
    rows = pipeline(
        {"data": {}, "fit": {"first_bad": BAD}}, {"data": {"first_bad": {"step": 3, "term": "x"}}, "fit": {}}
    )
    assert first_bad(rows) == ("data", {"step": 3, "term": "x"})


def test_what_a_scenario_before_logged_comes_before_what_this_one_did():
    before = {"step": 7, "term": "loss", "stage": "fit", "scenario": "day 1"}
    rows = found({"data": {"first_bad": BAD}, "fit": {"bad_before": before}})
    (check,) = rows["terms_finite"]
    assert check.names == ("fit",) and check.note == (
        "in stage fit, the first value that is not finite is loss at step 7 in scenario day 1"
    )


def test_terms_are_said_to_be_finite_only_where_some_were_logged():
    logged = {"history": {"terms": {"loss": {"n_nonfinite": 0}}}}
    (check,) = found({"data": {}, "fit": logged})["terms_finite"]
    assert check.passed is True and check.note == "every term that was logged is finite"
    assert "terms_finite" not in found({"data": {}, "fit": {}})


def test_a_value_that_is_not_finite_is_told_with_the_operation_where_that_is_known():
    known = {
        **BAD,
        "cause": {"kind": "x", "name": "rates", "step": 40, "operation": None, "chain": []},
    }
    (check,) = found({"fit": {"first_bad": known}})["terms_finite"]
    assert check.note == (
        "in stage fit, the first value that is not finite is elbo at step 40: what the loop is given at step 40, `rates`, is not finite"
    )
    assert check.role == "remark" and check.passed is False


# --- criteria


def losses(*values):
    return [{"fit": {"facts": {} if value is None else {"loss": value}}} for value in values]


@pytest.mark.parametrize(
    ("values", "passed", "note", "names"),
    [
        ((1.0, 1.0), True, "the loss: 1, must be at most 2", ()),
        ((1.0, 4.0), None, "the loss: 1, 4, must be at most 2; it holds with 1 of 2 seeds", ()),
        ((4.0, 5.0), False, "the loss: 4, 5 with 2 seeds, must be at most 2", ("fit",)),
    ],
)
def test_a_criterion_is_said_with_its_limit_and_accuses_its_stage_only_where_it_is_broken(
    values, passed, note, names
):
    (check,) = found(*losses(*values), criteria=LOSS)["criterion_holds"]
    assert (check.passed, check.note, check.names, check.value) == (passed, note, names, values[0])


def test_a_criterion_whose_figure_some_seeds_lack_is_said_with_the_others():
    (check,) = found(*losses(None, 1.0), criteria=LOSS)["criterion_holds"]
    assert check.value == 1.0
    assert check.note == "the loss: not known, 1, must be at most 2; it holds with 1 of 2 seeds"


def test_a_criterion_without_a_limit_only_asks_for_numbers():
    wanted = {"fit.loss": {"finite": True, "words": "the loss"}}
    (check,) = found(*losses(1.0), criteria=wanted)["criterion_holds"]
    assert check.note == "the loss: 1"


def test_a_figure_that_is_not_finite_is_told_with_the_step_where_its_own_stage_logged_it():
    wanted = {"fit.loss": {"finite": True, "words": "the loss"}}
    broken = {"facts": {"loss": float("nan")}}
    (check,) = found({"fit": {**broken, "first_bad": BAD}}, criteria=wanted)["criterion_holds"]
    assert check.note == "the loss: not finite; the first value that is not finite is elbo at step 40"
    # What another stage logged is told by the remark on the terms alone, and a figure that is finite has nothing to explain.
    (check,) = found({"data": {"first_bad": BAD}, "fit": broken}, criteria=wanted)["criterion_holds"]
    assert check.note == "the loss: not finite"
    sound = {"facts": {"loss": 1.0}, "first_bad": BAD}
    (check,) = found({"fit": sound}, criteria=wanted)["criterion_holds"]
    assert check.passed is True and check.note == "the loss: 1"
    # A limit says by itself what is wrong.
    (check,) = found({"fit": {**broken, "first_bad": BAD}}, criteria=LOSS)["criterion_holds"]
    assert check.note == "the loss: not finite, must be at most 2"


def test_a_misspelled_figure_is_told_only_where_no_seed_has_it_and_the_stage_ran():
    (check,) = found(*losses(None, None), criteria=LOSS)["criterion_holds"]
    assert check.note == (
        "the loss: not known (fit leaves no number loss; it leaves nothing), must be at most 2"
    )
    (check,) = found({"fit": raised()}, criteria=LOSS)["criterion_holds"]
    assert check.note == "the loss: not known, must be at most 2"


def test_what_a_stage_leaves_in_place_of_a_figure_is_all_that_it_leaves():
    left = {"facts": {"los": 1.0}, "arrays": {"w": {}}, "history": {"terms": {"elbo": {"n_nonfinite": 0}}}}
    (check,) = found({"fit": left}, criteria=LOSS)["criterion_holds"]
    assert "(fit leaves no number loss; it leaves los, w, elbo)" in check.note


@pytest.mark.parametrize(
    ("readings", "words"),
    [
        ([Reading()], "not known"),
        ([Reading(), Reading(True, True, 2.0, 2.0)], "not known, 2"),
        ([Reading(True, False)], "not finite"),
        ([Reading(True, True, 0.0, 0.0)], "0"),
        ([Reading(True, True)], "finite"),
        ([Reading(True, True, -3.0, None)], "finite"),
        ([Reading(True, True, None, 1.0)], "finite"),
        ([Reading(True, True, -3.0, 1.0)], "-3 to 1"),
        ([Reading(True, True, 2.0, 2.0), Reading(True, True, 2.0, 2.0)], "2"),
    ],
)
def test_a_figure_in_words(readings, words):
    assert said(readings) == words


# --- oracles


def accused(oracles, stages=STAGES, **about):
    """The stages that oracles accuse where each of them says that its gap is too large."""
    wanted = {f"{name}.gap": {"at_most": 0.1, "words": "the gap"} for name in oracles}
    left = {name: {"facts": {"gap": 1.0}} for name in oracles}
    rows = found(left, stages=stages, oracles=wanted, **about)
    return [check.names for check in rows["oracle_agrees"]]


def test_a_stage_with_a_figure_that_is_known_beforehand_is_accused_itself():
    """It has a criterion, too: it is no check of another stage."""
    assert accused(["score"], criteria={"score.loss": {"finite": True, "words": "the loss"}}) == [("score",)]


def test_an_oracle_accuses_the_last_stage_that_it_takes_and_no_other_oracle():
    rows = [
        *STAGES,
        {"name": "exact", "inputs": ["data"], "toggles": ["rate", "start"], "line": 12},
        {"name": "twice", "inputs": ["data", "exact"], "toggles": ["rate", "start"], "line": 15},
        {"name": "beside", "inputs": [], "toggles": ["start"], "line": 18},
    ]
    assert accused(["exact", "twice", "beside"], rows) == [("data",), ("data",), ("fit",)]
