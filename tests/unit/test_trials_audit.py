"""The answers of trials in the words of an audit, and what independent checks make of hypotheses."""

import math
from dataclasses import replace

import pytest
from trial_toys import ERROR, FAILING, REPAIRED, answered, rows_of, run, study
from trial_toys import told as as_told

from faultline.core.configuration import changed
from faultline.criteria.trials.runs import Criterion, Hypothesis, Reading, Toggle
from faultline.report.trials_page import markdown

# Four choices of `c`, in the order of the repaired configuration's first.
MORE = (Toggle("a", ("bad", "good", "other")), Toggle("b", ("bad", "good")), Toggle("c", ("x", "y")))


def told(asking, error):
    """What ``trials.json`` says where ``error`` gives a run of choices, seed and budget."""
    return as_told(asking, rows_of(answered(asking, error)))


def made(error=lambda choices: 0.01, check=lambda choices: 1e-6):
    """Runs whose error and whose independent check, with a limit of 1e-4, follow from the choices."""

    def one(choices, seed, larger):
        value = error(choices)
        if value is None:
            return run(None, seed, larger)
        gap = check(choices)
        seen = Reading(gap <= 1e-4, gap, str(gap))
        found = run(value, seed, larger, **{"check.gap": seen})
        return replace(found, digest=f"{value} {gap} {seed} {sorted(choices.items())}")

    return one


def audited(toggle, choice, error, check=lambda choices: 1e-6, **about):
    asking = study(oracles=("check.gap",), **about)
    found = told(asking, made(error, check))
    [row] = [row for row in found["choices"] if (row["toggle"], row["choice"]) == (toggle, choice)]
    return row["audit"]["word"], row["audit"]["why"]


def of_a(choices):
    return 0.5 if choices["a"] == "bad" else 0.01


def of_bad(toggle):
    return lambda choices: 1.0 if choices[toggle] == "bad" else 1e-6


def test_a_choice_that_is_needed_is_confirmed_whether_a_check_looks_at_it_or_not():
    assert audited("a", "good", of_a) == ("confirmed", "it is needed for `fit.error`")
    assert audited("a", "good", of_a, of_bad("a"))[0] == "confirmed"


def test_a_defect_that_moves_no_figure_is_minor():
    word, why = audited("b", "good", of_a, of_bad("b"))
    assert (word, why) == ("minor", "`check.gap` fails with `bad`, and no figure moves")


def test_a_choice_that_a_check_sees_and_accepts_and_that_moves_nothing_is_refuted():
    word, why = audited("b", "good", of_a, lambda choices: 2e-6 if choices["b"] == "bad" else 1e-6)
    assert word == "refuted" and "`check.gap` holds with `bad`" in why


def test_where_no_check_looks_a_choice_that_moves_nothing_is_open():
    assert audited("b", "good", of_a) == ("open", "no figure moves, and no independent check looks at it")


def test_a_choice_that_the_repaired_configuration_has_as_well_is_refuted():
    word, why = audited("c", "y", lambda choices: of_a(choices) + 1e-4 * (choices["c"] == "y"))
    assert (word, why) == ("refuted", "every criterion holds with `x` in the repaired configuration")


def test_a_fix_that_makes_a_figure_worse_or_breaks_the_run_is_harmful():
    worse = audited("c", "y", lambda choices: of_a(choices) + 0.3 * (choices["c"] == "y"))
    assert worse == ("harmful", "it makes `fit.error` worse")
    assert audited("c", "y", lambda choices: None if choices["c"] == "y" else of_a(choices))[0] == "harmful"


def test_a_fix_that_hides_the_symptom_is_harmful():
    word, why = audited(
        "c",
        "y",
        lambda choices: 0.01 if choices["c"] == "y" else of_a(choices),
        lambda choices: float(choices["c"] == "y"),
    )
    assert (word, why) == ("harmful", "`check.gap` fails with it")


def test_a_third_choice_is_judged_in_place_of_the_repair():
    def error(choices):
        return {"bad": 0.5, "good": 0.01, "other": other}[choices["a"]] + 0.4 * (choices["b"] == "bad")

    other = 0.5
    word, why = audited("a", "other", error, toggles=MORE)
    assert word == "refuted" and why == "in the repaired configuration it makes `fit.error` worse"
    other = 0.01 + 1e-5
    assert audited("a", "other", error, toggles=MORE)[0] == "confirmed"


def test_a_choice_that_changes_nothing_is_not_testable():
    def error(choices, seed, larger):
        return run(of_a(choices), seed, larger)

    found = told(study(), error)
    assert {row["audit"]["word"] for row in found["choices"] if row["toggle"] == "b"} == {"not testable"}


def test_where_the_seeds_do_not_decide_it_is_open():
    wobble = {0: 0.05, 1: 0.06, 2: -0.06, 3: 0.001}

    def error(choices, seed, larger):
        moved = wobble[seed] if choices["b"] == "bad" else 0.0
        return run(of_a(choices) + moved, seed, larger, limit=0.3)

    found = told(study(oracles=("check.gap",)), error)
    assert [row["audit"] for row in found["choices"] if row["toggle"] == "b"] == [
        {"word": "open", "why": "whether a figure moves, the runs do not decide"}
    ]


def believed(changes, predicts, error=of_a, check=lambda choices: 1e-6, metric=None, **more):
    belief = Hypothesis("h", changes, predicts, metric, **more)
    asking = study(oracles=("check.gap",), hypotheses=(belief,))
    found = told(asking, made(error, check))
    [row] = found["hypotheses"]
    page = markdown(found)
    assert "in an audit's words" in page and "\\`" not in page
    return row["outcome"], row["audit"]["word"], row["why"]


def test_a_belief_in_a_cure_that_hides_the_symptom_is_refuted_and_its_fix_harmful():
    outcome, word, why = believed(
        {"c": "y"},
        "cures",
        lambda choices: 0.01 if choices["c"] == "y" else of_a(choices),
        lambda choices: float(choices["c"] == "y"),
    )
    assert (outcome, word) == ("refuted", "harmful")
    assert why == "it hides the symptom: `check.gap` fails with it"


def test_a_belief_in_no_effect_is_refuted_by_a_check():
    outcome, word, _ = believed({"c": "y"}, "no_effect", check=lambda choices: float(choices["c"] == "y"))
    assert (outcome, word) == ("refuted", "harmful")
    assert believed({"c": "y"}, "no_effect")[:2] == ("confirmed", "confirmed")


@pytest.mark.parametrize(
    ("changes", "outcome"), [({"b": "good"}, "open"), ({"c": "y"}, "confirmed"), ({"a": "good"}, "refuted")]
)
def test_a_figure_that_was_to_stay_as_it_is_says_nothing_where_no_output_changed(changes, outcome):
    """`b` reaches no stage; `c` changes an output that the figure does not follow."""

    def one(choices, seed, larger):
        found = run(of_a(choices), seed, larger)
        return replace(found, digest=f"{found.digest} {choices['c']}")

    belief = Hypothesis("h", changes, "unchanged", "fit.error")
    [row] = told(study(hypotheses=(belief,)), one)["hypotheses"]
    assert row["outcome"] == outcome
    assert ("nothing that any stage returns was changed by it" in row["why"]) == (outcome == "open")


def test_a_harm_that_only_a_check_sees_is_confirmed_and_minor():
    outcome, word, why = believed(
        {"b": "bad"}, "harms", check=of_bad("b"), background="repaired", error=lambda choices: of_a(choices)
    )
    assert (outcome, word) == ("confirmed", "minor") and "`check.gap` fails with it" in why


def test_a_suspect_that_does_not_cure_alone_may_still_be_a_defect():
    assert believed({"b": "good"}, "cures", check=of_bad("b"))[:2] == ("refuted", "minor")
    assert believed({"b": "good"}, "cures")[:2] == ("refuted", "refuted")

    def both(choices):
        return 0.5 if "bad" in (choices["a"], choices["b"]) else 0.01

    assert believed({"b": "good"}, "cures", both)[:2] == ("refuted", "confirmed")


def test_a_suspect_that_explains_another_figure_is_refuted_as_the_cause_of_the_symptom():
    belief = Hypothesis("h", {"b": "good"}, "cures")
    asking = study(criteria=(ERROR, Criterion("fit.other", "lower", 0.02)), hypotheses=(belief,))

    def error(choices, seed, larger):
        other = 0.5 if choices["b"] == "bad" else 0.01
        return run(
            of_a(choices), seed, larger, **{"fit.other": Reading(other <= 0.1, other, str((other, seed)))}
        )

    found = told(asking, error)
    assert found["symptom"] == "fit.error"
    assert [row["audit"]["word"] for row in found["choices"] if row["toggle"] == "b"] == ["confirmed"]
    [row] = found["hypotheses"]
    assert row["audit"]["word"] == row["outcome"] == "refuted"
    assert row["audit"]["why"] == "it is needed for `fit.other`, and does not move this one"


@pytest.mark.parametrize(
    ("gap", "outcome", "word"),
    [(1e-6, "confirmed", "correct"), (1.0, "refuted", "refuted"), (math.nan, "refuted", "refuted")],
)
def test_what_the_authors_call_correct_is_held_against_a_check(gap, outcome, word):
    found = believed({}, "holds", check=lambda choices: gap, metric="check.gap", status="correct")
    assert found[:2] == (outcome, word)


def test_a_limit_that_holds_with_some_seeds_only_is_open():
    belief = Hypothesis("h", {}, "holds", "fit.error")
    asking = study(hypotheses=(belief,))
    found = told(asking, lambda choices, seed, larger: run(0.5 if seed == 1 else 0.01, seed, larger))
    assert [row["outcome"] for row in found["hypotheses"]] == ["open"]


def test_a_hypothesis_as_an_audit_declares_it():
    found = Hypothesis.of(
        {"name": "n", "says": "s", "changes": {}, "predicts": {"holds": "check.gap"}, "status": "correct"}
    )
    assert (found.predicts, found.metric, found.status) == ("holds", "check.gap", "correct")


def test_without_hypotheses_nobody_has_audited_the_case():
    found = told(study(), made(of_a))
    assert "in an audit's words" not in markdown(found)
    assert dict(REPAIRED) == found["repaired"]


def test_exit_criteria_are_answered_from_what_was_measured():
    asking = study(
        oracles=("check.gap",),
        exit_criteria=(
            {"name": "1", "says": "tried", "tried": ("a",)},
            {"name": "2", "says": "a cause", "cause": True},
            {"name": "3", "says": "it holds", "holds": ("fit.error", "check.gap")},
            {"name": "4", "says": "by hand", "by_hand": "look at it"},
        ),
    )
    sound = told(asking, made(of_a, of_bad("a")))["exit_criteria"]
    assert [row["answer"] for row in sound] == ["met", "met", "met", "not measured here"]
    assert sound[1]["cause"] == ["a"]
    assert [figure["stands_holds"] for figure in sound[2]["figures"]] == [False, False]
    broken = told(asking, made(of_a, lambda choices: 1.0))["exit_criteria"]
    assert [row["answer"] for row in broken][2] == "not met"
    nothing = told(asking, made(lambda choices: 0.5 + 1e-6 * len(choices["a"])))
    assert [row["answer"] for row in nothing["exit_criteria"]][1:3] == ["open", "not met"]
    page = markdown(told(asking, made(of_a)))
    assert "## Exit criteria" in page and "the cause of `fit.error`: `a`" in page


def test_without_a_repaired_configuration_no_effect_is_open():
    word, why = audited(
        "b", "good", lambda choices: of_a(choices) + 1e-4 * (choices["b"] == "good"), repaired=None
    )
    assert (word, why) == ("open", "no figure moves, but other faults may hide what it does")
    assert audited("a", "good", of_a, repaired=None)[0] == "confirmed"


def test_a_repair_that_only_a_declared_background_shows_is_confirmed():
    """`b` matters only where `c` is `y`."""

    def error(choices):
        return 0.5 if "bad" in (choices["a"], choices["c"] == "y" and choices["b"]) else 0.01

    place = changed(REPAIRED, {"c": "y"})
    word, why = audited("b", "good", error, tried_in={"b": place})
    assert (word, why) == ("confirmed", "it is needed for `fit.error`")


def test_a_check_is_read_where_the_case_says_that_the_choice_matters_as_well():
    """`b` does nothing but where `c` is `y`, and there it fails the check."""

    def check(choices):
        return 1.0 if (choices["b"], choices["c"]) == ("bad", "y") else 1e-6

    place = changed(REPAIRED, {"c": "y"})
    word, why = audited("b", "good", of_a, check, tried_in={"b": place})
    assert (word, why) == ("minor", "`check.gap` fails with `bad`, and no figure moves")


def test_a_place_with_another_choice_of_the_toggle_than_the_repaired_one_accuses_no_choice():
    place = changed(REPAIRED, {"b": "bad"})
    asking = study(oracles=("check.gap",), tried_in={"b": place})
    [row] = [row for row in told(asking, made(of_a))["choices"] if row["toggle"] == "b"]
    assert row["defect"] == "not tested"


def test_a_suspect_that_helps_and_hides_is_harmful_for_the_check_that_fails():
    word = believed(
        {"c": "y"},
        "cures",
        lambda choices: of_a(choices) - 0.2 * (choices["a"] == "bad" and choices["c"] == "y"),
        lambda choices: float(choices["c"] == "y"),
    )[:2]
    assert word == ("refuted", "harmful")


def test_a_toggle_was_tried_whatever_came_out_but_not_before_it_has_run():
    asking = study(exit_criteria=({"name": "1", "says": "tried", "tried": ("b",)},))
    wobble = {0: 0.05, 1: 0.06, 2: -0.06, 3: 0.001}

    def error(choices, seed, larger):
        return run(of_a(choices) + wobble[seed] * (choices["b"] == "bad"), seed, larger, limit=0.3)

    results = answered(asking, error)
    assert as_told(asking, rows_of(results))["exit_criteria"][0]["answer"] == "met"
    screened = {which: [each for each in runs if each.seed == 0] for which, runs in results.items()}
    screened = {**screened, asking.failing: results[asking.failing], REPAIRED: results[REPAIRED]}
    assert as_told(asking, rows_of(screened))["exit_criteria"][0]["answer"] == "open"


@pytest.mark.parametrize(("wrong", "answer"), [(0.01, "met"), (0.5, "not met")])
def test_what_has_to_hold_in_another_scenario_is_run_there(wrong, answer):
    place = {"scenario": "small"}
    row = {"name": "3", "says": "in both", "holds": ("fit.error",), "scenarios": ("small", "large")}
    asking = study(failing=changed(FAILING, place), repaired=changed(REPAIRED, place), exit_criteria=(row,))

    def error(choices, seed, larger):
        return run(of_a(choices) if choices["scenario"] == "small" else wrong, seed, larger)

    results = answered(asking, error)
    assert len(results[changed(asking.repaired, {"scenario": "large"})]) == 3
    [found] = as_told(asking, rows_of(results))["exit_criteria"]
    assert found["answer"] == answer
    assert [figure["scenario"] for figure in found["figures"]] == [None, "large"]
