"""What trials say, from runs to the page: the first cure, the sets, the other criteria, and how sure the answer is."""

from dataclasses import replace
from math import isfinite, nan

import pytest
from trial_toys import told

from faultline.core.configuration import configuration
from faultline.core.sections.pipeline import PipelineRun
from faultline.criteria.trials.of_sampling import readings as of_sampling
from faultline.criteria.trials.runs import Criterion, Hypothesis, Study, Toggle
from faultline.criteria.trials.wanted import asked
from faultline.diagnosis.answer import Answer, GroupOutcome
from faultline.diagnosis.summarise import summarise
from faultline.diagnosis.trials.answer import amended, placed
from faultline.diagnosis.trials.found import headlines
from faultline.plan.trials import as_json
from faultline.report.plots.trials import draw
from faultline.report.trials_page import markdown

FAILING = {"a": "wrong", "b": "wrong", "c": "one"}
STUDY = Study(
    toggles=(Toggle("a", ("wrong", "right")), Toggle("b", ("wrong", "right")), Toggle("c", ("one", "two"))),
    failing=configuration(FAILING),
    repaired=configuration({**FAILING, "a": "right", "b": "right"}),
    criteria=(Criterion("fit.loss", "lower", 0.1), Criterion("end.error", "lower", 0.1)),
    screening=1,
    fresh=(2, 3, 4),
    oracles=("check.gap",),
    hypotheses=(
        Hypothesis("c did it", {"c": "two"}, "cures"),
        Hypothesis("a did it", {"a": "right"}, "cures"),
    ),
)
ANSWER = Answer(
    "fail", "the loss", (), ("fit",), (), None, ("Run the trials.",), "medium", "measured", (), "", ()
)


def rows(study, outcome):
    """All that is asked for, run: ``outcome(choices)`` gives the values of both criteria and of the oracle."""
    results, found = {}, []
    while True:
        wanted = [
            each
            for each in asked(study, results)
            if {run.seed for run in results.get(each.configuration, ())} < set(each.seeds)
        ]
        if not wanted:
            return found
        for each in wanted:
            loss, error, gap = outcome(dict(each.configuration))
            made = []
            for seed in each.seeds:
                values = {
                    "fit.loss": (loss + 0.01 * seed, 1),
                    "end.error": (error + 0.01 * seed, 1),
                    "check.gap": (gap, 0),
                }
                digest = str([loss, error, seed])
                read = {
                    name: {
                        "passed": value <= limit,
                        "value": value if isfinite(value) else None,
                        "digest": digest,
                        "finite": isfinite(value),
                    }
                    for name, (value, limit) in values.items()
                }
                made.append({"seed": seed, "digest": digest, "raised": False, "readings": read})
            found = [row for row in found if row["configuration"] != dict(each.configuration)]
            row = {
                "configuration": dict(each.configuration),
                "larger": False,
                "request": "0" * 32,
                "runs": made,
                "error": None,
            }
            found.append(row)
            from faultline.criteria.trials.readings import runs

            results[each.configuration] = runs(made, False)


def one(choices):
    """`a` breaks the loss; `b` breaks the error."""
    little = 0.001 * (choices["c"] == "two")
    return (
        little + 5.0 * (choices["a"] == "wrong"),
        5.0 * (choices["b"] == "wrong"),
        float(choices["a"] == "wrong"),
    )


def both(choices):
    """Either breaks the loss."""
    broken = "wrong" in (choices["a"], choices["b"])
    return 5.0 * broken, 0.0, 0.0


@pytest.mark.parametrize("repaired", [0.0, 5.0])
def test_that_the_repaired_configuration_does_not_hold_is_said_and_only_then(repaired):
    """`a` breaks the loss, and the repaired configuration may break it as well."""
    found = told(STUDY, rows(STUDY, lambda choices: (5.0 if choices["a"] == "wrong" else repaired, 0.0, 0.0)))
    said = " ".join(headlines(found))
    assert found["symptom"] == "fit.loss"
    assert ("does not hold `fit.loss` with every seed." in said) == bool(repaired)


def test_a_single_cure_is_the_answer_and_what_it_hid_comes_next():
    found = told(STUDY, rows(STUDY, one))
    assert found["symptom"] == "fit.loss"
    answer = amended(ANSWER, found)
    assert answer.part == ("a",) and answer.headline == "`a` at `wrong` breaks `fit.loss`"
    assert answer.change == ("Set `a` to `right`.", "Also set `b` to `right`: `end.error` needs it.")
    assert answer.sure == "high" and answer.cause
    assert "An independent check fails with `a` at `wrong`." in headlines(found)
    assert answer.cleared[0] == "Refuted hypothesis: c did it."
    assert answer.cleared[1].startswith("Ruled out as the cause of `fit.loss`: ")
    assert all(line in headlines(found) and line not in answer.story for line in answer.cleared)


def test_a_change_that_two_criteria_need_is_one_step():
    found = told(STUDY, rows(STUDY, one))
    more = [{**row, "criterion": "end.other"} for row in found["labels"] if row["criterion"] == "end.error"]
    holds = {**found["failing_holds"], "end.other": False}
    answer = amended(ANSWER, {**found, "labels": [*found["labels"], *more], "failing_holds": holds})
    assert answer.change[1:] == ("Also set `b` to `right`: `end.error` and `end.other` need it.",)


def test_what_only_an_independent_check_sees_is_changed_too():
    def silent(choices):
        """`a` breaks the loss; `b` breaks nothing, and its check fails."""
        return 5.0 * (choices["a"] == "wrong"), 0.0, float(choices["b"] == "wrong")

    found = told(STUDY, rows(STUDY, silent))
    assert amended(ANSWER, found).change == (
        "Set `a` to `right`.",
        "Also set `b` to `right`: an independent check fails with it as things stand.",
    )


def test_it_is_said_which_stages_take_the_toggles_to_change_and_where():
    found = told(STUDY, rows(STUDY, one))
    stages = [
        {"name": "fit", "inputs": [], "toggles": ["a", "c"], "line": 7},
        {"name": "end", "inputs": ["fit"], "toggles": ["b", "a"], "line": 21},
        {"name": "check", "inputs": ["fit"], "toggles": ["a"], "line": 30},
        {"name": "workflow", "inputs": [], "toggles": ["b"], "line": None},
    ]
    wanted = {
        "criteria": {"end.error": {"at_most": 1}},
        "oracles": {name: {"at_most": 0} for name in ("check.gap", "fit.gap", "end.gap")},
    }
    pipeline = PipelineRun.of({"file": "soup.py", "stages": stages, **wanted})
    assert placed(amended(ANSWER, found), found, pipeline).change[-1] == (
        "In soup.py, `fit` (line 7) takes `a`; `end` (line 21) takes `a` and `b`."
    )
    elsewhere = PipelineRun.of({"file": "soup.py", "stages": stages[3:]})
    for other in (PipelineRun.of({"stages": stages}), elsewhere):
        assert placed(amended(ANSWER, found), found, other) == amended(ANSWER, found)


@pytest.mark.parametrize(("kind", "stage"), [("made", "fit"), ("state", "fit"), ("made", "end")])
def test_where_nothing_cures_the_line_that_makes_the_bad_value_of_the_symptom_comes_first(kind, stage):
    found = told(STUDY, rows(STUDY, lambda choices: (5.0, 0.0, 0.0)))
    assert found["symptom"] == "fit.loss"
    place = {"file": "/tmp/soup.py", "line": 11, "expression": "log(x)", "gradient": False}
    bad = {"step": 1, "term": "loss", "cause": {"kind": kind, "operation": {"name": "log", "place": place}}}
    runs = [{"seed": 1, "stages": [{"name": stage, "first_bad": bad}]}]
    pipeline = PipelineRun.of(
        {"file": "soup.py", "stages": [{"name": stage, "inputs": [], "toggles": [], "line": 7}], "runs": runs}
    )
    change = placed(amended(ANSWER, found), found, pipeline).change
    begin = "Begin with soup.py line 11, `log(x)`: the first value that is not finite is made there."
    assert (change[0] == begin) == (kind == "made" and stage == "fit")
    assert change[-1] == amended(ANSWER, found).change[-1]


def test_what_was_believed_is_judged():
    found = told(STUDY, rows(STUDY, one))
    assert {row["name"]: row["outcome"] for row in found["hypotheses"]} == {
        "c did it": "refuted",
        "a did it": "confirmed",
    }
    page = markdown(found)
    assert "**refuted**" in page and "cures it alone" in page


def test_a_set_is_the_answer_where_no_single_change_cures():
    found = told(STUDY, rows(STUDY, both))
    answer = amended(ANSWER, found)
    assert set(answer.part) == {"a", "b"} and answer.sure == "high"
    assert answer.headline == "`a` at `wrong` and `b` at `wrong` together break `fit.loss`"
    assert "No single change cures `fit.loss`." in headlines(found)[0]
    assert "cure it, and both are needed." in headlines(found)[0]
    assert "Changes that are needed together" in markdown(found)


def test_a_cure_that_an_independent_check_speaks_against_only_hides_the_symptom():
    def hiding(choices):
        """`c` at `two` makes the loss small whatever `a` and `b` are, and the check fails."""
        loss, error, _ = both(choices)
        return loss * (choices["c"] == "one"), error, float(choices["c"] == "two")

    found = told(STUDY, rows(STUDY, hiding))
    assert [row["against_it"] for row in found["choices"] if row["toggle"] == "c"] == [["check.gap"]]
    first, second, *_ = headlines(found)
    assert first == "`c` set to `two` only hides `fit.loss`: `check.gap` fails with that choice."
    assert second.startswith("No other single change cures `fit.loss`.")
    assert "Together, `a` at `right` and `b` at `right` cure it" in second
    answer = amended(ANSWER, found)
    assert set(answer.part) == {"a", "b"} and answer.change == ("Set `a` to `right` and `b` to `right`.",)


def test_a_cure_with_which_an_independent_check_still_fails_is_told_so():
    """Nothing says which configuration is right, so the check accuses no choice; but it does not agree with the cure."""
    alone = replace(STUDY, repaired=None)

    def clipped(choices):
        return float(choices["a"] == "wrong" and choices["c"] == "one"), 0.0, float(choices["a"] == "wrong")

    found = told(alone, rows(alone, clipped))
    said = headlines(found)
    assert said[0] == "`a` set to `right` and `c` set to `two` each cure `fit.loss` alone."
    assert said[1] == "With `c` set to `two`, `check.gap` still fails: it may only hide the symptom."
    # Of several faults, each breaks its own check. Where a configuration is known to work, each choice is judged in that one.
    several = told(STUDY, rows(STUDY, lambda choices: (*one(choices)[:2], float(choices["b"] == "wrong"))))
    assert amended(ANSWER, several).sure == "high" and not any("still" in line for line in headlines(several))
    only = {**found, "choices": [row for row in found["choices"] if row["toggle"] != "a"]}
    assert amended(ANSWER, only).sure == "medium"
    assert not any("still fails" in line for line in headlines(told(STUDY, rows(STUDY, one))))


def test_a_cure_is_not_sure_while_another_change_is_undecided():
    made = rows(STUDY, one)
    kept = [row for row in made if row["configuration"]["c"] == "one"]
    answer = amended(ANSWER, told(STUDY, kept))
    assert answer.part == ("a",) and answer.sure == "medium"


def test_a_cure_of_what_is_not_finite_is_sure_where_every_other_change_fails_as_well():
    """What hides the figure does not hide that the criterion fails."""

    def broken(choices):
        loss, error, gap = one(choices)
        return (nan if choices["a"] == "wrong" else loss), error, gap

    found = told(STUDY, rows(STUDY, broken))
    assert {row["alone"]["label"] for row in found["choices"]} == {"cures alone", "hidden"}
    assert amended(ANSWER, found).sure == "high"
    for row in found["choices"]:
        row["alone"] = {**row["alone"], "changed_fails": 0}  # the runs with it were killed
    assert amended(ANSWER, found).sure == "medium"


def test_a_symptom_of_some_seeds_names_the_changes_that_no_seed_fails_with():
    """One of three seeds holds as things stand: nothing is called a cure, and what all of them hold with comes first, unproved."""
    found = told(STUDY, rows(STUDY, one))
    label = next(row["alone"] for row in found["choices"] if row["toggle"] == "a")
    mixed = {**label, "label": "undecided", "background_passes": 1}

    def seen(**alone):
        choices = [
            {**row, "alone": {**mixed, **(alone if row["toggle"] == "a" else {"changed_passes": 1})}}
            for row in found["choices"]
        ]
        return amended(ANSWER, {**found, "choices": choices})

    answer = seen()
    said = "`fit.loss` fails with 2 of 3 fresh seeds, and with none of them if you set `a` to `right`"
    assert (answer.headline, answer.also, answer.part) == (said, (ANSWER.headline,), ("a",))
    assert answer.change[0] == "Set `a` to `right`." and answer.sure == "low"
    for other in ({"changed_passes": 2}, {"background_passes": 0}, {"background_passes": 3}):
        assert seen(**other).headline == ANSWER.headline


@pytest.mark.parametrize(("holds", "said"), [(3, "is needed"), (2, "is known to be needed")])
def test_that_no_choice_is_needed_is_said_only_where_every_seed_holds_without_each(holds, said):
    found = told(STUDY, rows(STUDY, one))
    for row in found["choices"]:
        row["put_back"] = {**row["put_back"], "label": "undecided", "n": 3, "changed_passes": holds}
    assert f"The repaired configuration holds, and no single choice of it {said} for that." in headlines(
        found
    )


def test_several_cures_are_told_as_ways_and_where_there_is_none_the_page_is_named():
    alone = replace(STUDY, repaired=None)
    found = told(alone, rows(alone, lambda c: (5.0 * (c["a"] == "wrong" and c["b"] == "wrong"), 0.0, 0.0)))
    advised = replace(
        ANSWER, change=("Read report_trials.md; if there is none, set `trials`.", "Look at it.")
    )
    assert amended(advised, found).change == (
        "Set `a` to `right` or `b` to `right`: each cures `fit.loss` alone.",
        "Look at it.",
    )
    found = told(alone, rows(alone, lambda c: (5.0, 0.0, 0.0)))
    first, second = amended(advised, found).change
    assert first.startswith("See in report_trials.md what each change does. None is known to cure `fit.loss`")
    assert second == "Look at it." and "put back" not in markdown(found)


def test_a_long_list_of_beliefs_is_cut():
    beliefs = tuple(Hypothesis(f"belief {n}", {"c": "two"}, "cures") for n in range(9))
    study = replace(STUDY, hypotheses=beliefs)
    [line] = [line for line in headlines(told(study, rows(study, one))) if "Refuted" in line]
    assert line.endswith("belief 5; and 3 more.")


def test_a_belief_with_a_label_for_a_name_is_told_in_its_authors_words_and_those_about_the_symptom_come_first():
    elsewhere = Hypothesis("A1", {"b": "right"}, "up", says="The end is wrong", metric="end.error")
    about = Hypothesis(
        "cause 2", {"c": "two"}, "cures", says="One two three four five six seven eight nine ten"
    )
    named = Hypothesis("a name that speaks", {"c": "two"}, "cures", says="and more")
    study = replace(STUDY, hypotheses=(elsewhere, about, named))
    [line] = [line for line in headlines(told(study, rows(study, one))) if "Refuted" in line]
    assert line == (
        "Refuted hypotheses: cause 2 (“One two three four five six seven eight nine…”); a name that speaks; A1 (“The end is wrong”)."
    )


def test_no_cure_is_denied_where_every_run_holds_with_a_change_that_could_not_be_judged():
    def mixed(choices):
        """With `c` at `one` the loss is just at its limit: it holds with some seeds only."""
        return 0.97 * (choices["c"] == "one"), 0.0, 0.0

    found = told(STUDY, rows(STUDY, mixed))
    assert [row["alone"]["label"] for row in found["choices"] if row["toggle"] == "c"] != ["cures alone"]
    assert headlines(found)[0].startswith("No single change is known to cure `fit.loss`.")


def test_groups_that_pass_are_no_pass_where_another_seed_fails():
    found = told(STUDY, rows(STUDY, one))
    passing = replace(ANSWER, outcome="inconclusive", groups=(GroupOutcome(1, "group_1", None, "pass"),))
    answer = amended(passing, found)
    assert answer.headline == "`fit.loss` holds with the seeds of the groups, and fails with another seed"
    assert answer.sure == "undecided" and answer.change[0].startswith("See in report_trials.md")
    record = {"group": "group_1_stages", "kind": "pipeline", "verdict": {"outcome": "pass"}}
    assert summarise([record], found)["outcome"] == "inconclusive"
    assert summarise([record])["outcome"] == "pass"


def test_without_a_symptom_nothing_is_changed():
    found = told(STUDY, rows(STUDY, lambda choices: (0.0, 0.0, 0.0)))
    assert found["symptom"] is None and amended(ANSWER, found) == ANSWER
    assert headlines(found) == [
        "Every criterion holds in the configuration as it stands: there is nothing to explain."
    ]


def test_no_run_is_no_answer():
    found = told(STUDY, [])
    assert headlines(found) == ["No trial has run to its end."] and amended(ANSWER, found) == ANSWER
    assert "No trial has run" in markdown(found)


def test_a_pass_stays_a_pass():
    passed = replace(ANSWER, outcome="pass")
    assert amended(passed, told(STUDY, rows(STUDY, one))) == passed


def test_a_study_is_read_back_as_it_was_asked():
    assert Study.of(as_json(STUDY)) == STUDY


SAMPLED = {
    **{"chains": 2, "n_draws": 1000, "divergences": 0, "complete": True, "n_nonfinite": 0},
    **{"max_rhat": 1.001, "min_ess": 500.0, "min_ebfmi": 0.9, "ebfmi": [0.9, 0.9]},
    **{"max_treedepth_fraction": 0.0, "n_steps_mean": 7.0},
}
"""The figures of a sound run."""


@pytest.mark.parametrize(
    ("changes", "passed"),
    [
        ({}, {"divergences": True, "rhat": True, "samples_well": True}),
        ({"divergences": 400}, {"divergences": False, "samples_well": False}),
        ({"divergences": 5}, {"divergences": None, "samples_well": None}),
        ({"max_rhat": 2.0}, {"rhat": False}),
        ({"max_rhat": 1.05}, {"rhat": None}),
    ],
)
def test_a_run_of_a_model_is_read_by_the_limits_of_every_run(changes, passed):
    variables = [{"name": "x", "size": 1, "rhat_max": 1.001, "ess_bulk_min": 500.0, "ess_tail_min": 500.0}]
    found = of_sampling({**SAMPLED, "variables": variables, **changes}, "digest", True)
    assert {name: found[name]["passed"] for name in passed} == passed
    assert found["efficiency"]["value"] == pytest.approx(6.16, abs=0.01)  # log2 of 1000 * 500 / 7000


def test_a_run_with_a_figure_that_is_not_known_is_no_pass():
    found = of_sampling({**SAMPLED, "max_rhat": None, "min_ess": None}, "digest", True)
    assert found["rhat"]["passed"] is None and found["samples_well"]["passed"] is None
    assert found["divergences"]["passed"] is True


def test_the_picture_has_a_row_for_each_choice_and_what_is_put_back_beside_it():
    left, right = draw(told(STUDY, rows(STUDY, one))).axes
    assert [label.get_text() for label in left.get_yticklabels()] == [
        "unchanged",
        "a = right",
        "b = right",
        "c = two",
    ]
    assert [label.get_text() for label in right.get_yticklabels()] == [
        "unchanged",
        "= wrong",
        "= wrong",
        "= two",
    ]
    heights = [{line.get_ydata()[0] for line in axis.lines} for axis in (left, right)]
    assert heights == [{0, 1, 2, 3}] * 2
