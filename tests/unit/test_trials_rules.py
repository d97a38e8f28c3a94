"""The rules of trials where they are nearly met: what one run, one seed, one missing figure or one more choice makes of a label."""

import math

import pytest
from trial_toys import ERROR, FAILING, FINITE, MORE, REPAIRED, TOGGLES, answered, rows_of, run, study, told

from faultline.core.commits import Commit
from faultline.core.configuration import changed, configuration
from faultline.core.sections.pipeline import PipelineRun, SeedRun, StageRun
from faultline.criteria.trials.bisection import bisect
from faultline.criteria.trials.comparisons import symptom
from faultline.criteria.trials.of_sampling import CRITERIA, readings
from faultline.criteria.trials.readings import of_pipeline, runs
from faultline.criteria.trials.runs import Criterion, Reading, Run, Study, Toggle
from faultline.criteria.trials.sets import sets
from faultline.criteria.trials.votes import alike
from faultline.criteria.trials.wanted import wanted
from faultline.diagnosis.trials.judging import cause_of
from faultline.diagnosis.trials.labels import labels

RATE = Toggle("rate", ("high", "low"))
HIGH, LOW = configuration({"rate": "high"}), configuration({"rate": "low"})


def single(high, low, criterion=ERROR, **about):
    """The label of ``rate`` set to ``low``, and why, where nothing is known to work; by seed and budget, what runs of both give."""
    asking = study(
        **{"toggles": (RATE,), "failing": HIGH, "repaired": None, "criteria": (criterion,), **about}
    )

    def error(choices, seed, larger):
        return (high if choices["rate"] == "high" else low)(seed, larger)

    [found] = labels(asking, answered(asking, error))
    return found.label, found.why


def by_seed(**values):
    """Errors of the seeds 0 to 3, with the smaller and with the ``larger`` budget."""
    return lambda seed, larger: values["larger" if larger and "larger" in values else "small"][seed]


def always(value):
    return lambda seed, larger: value


BAD, GOOD, MIXED = (0.5,) * 4, (0.01,) * 4, (0.01, 0.01, 0.5, 0.01)
OTHERWISE = "the larger budget says otherwise, or not on every seed"


@pytest.mark.parametrize(
    ("high", "low", "label"),
    [
        (BAD, GOOD, ("cures alone", "")),
        (BAD, BAD, ("delays", "")),
        (BAD, MIXED, ("undecided", OTHERWISE)),
        (MIXED, BAD, ("undecided", OTHERWISE)),
        (GOOD, BAD, ("undecided", OTHERWISE)),
        (GOOD, GOOD, ("not converged", "")),
        (GOOD, MIXED, ("undecided", OTHERWISE)),
        (MIXED, GOOD, ("undecided", OTHERWISE)),
    ],
)
def test_a_cure_is_called_what_every_run_at_the_larger_budget_says(high, low, label):
    assert single(by_seed(small=BAD, larger=high), by_seed(small=GOOD, larger=low), larger=True) == label


@pytest.mark.parametrize(
    ("high", "low", "label"),
    [
        (GOOD, BAD, ("harms", "")),
        (GOOD, GOOD, ("not converged", "")),
        (GOOD, MIXED, ("undecided", OTHERWISE)),
        (MIXED, BAD, ("undecided", OTHERWISE)),
        (BAD, BAD, ("undecided", "the background fails at the larger budget")),
    ],
)
def test_a_harm_is_called_what_every_run_at_the_larger_budget_says(high, low, label):
    assert single(by_seed(small=GOOD, larger=high), by_seed(small=BAD, larger=low), larger=True) == label


def test_a_harm_by_the_metric_that_the_larger_budget_does_not_show_is_undecided():
    small = by_seed(small=(0.8,) * 4, larger=(0.0, 0.9, 0.5, 0.7))
    assert single(always(0.5), small, larger=True) == ("undecided", "the larger budget does not show it")
    gone = by_seed(small=(0.8,) * 4, larger=(0.8, 0.8, math.nan, 0.8))
    assert single(always(0.5), gone, larger=True) == (
        "undecided",
        "the metric is not known on every seed at the larger budget",
    )


def test_where_the_first_seed_ends_otherwise_than_all_others_the_change_is_tried_with_these():
    """At the first seed the rate does nothing at all."""
    assert single(by_seed(small=(0.01, 0.5, 0.5, 0.5)), always(0.01)) == ("cures alone", "")
    assert single(by_seed(small=(0.5, 0.01, 0.01, 0.01)), always(0.5)) == ("harms", "")


def near(wrong):
    """Within the margin of 0.02 on every seed, and just above the limit of 0.1 on some."""
    return single(always(0.097), always(wrong))


def test_a_difference_within_the_margin_is_no_effect_only_where_as_many_runs_hold():
    assert near(0.098) == ("no effect", "")
    assert near(0.0995) == ("undecided", "not as many runs hold as before")


def test_runs_of_which_it_is_not_known_whether_they_hold_show_no_effect_of_nothing():
    def made(error):
        def one(seed, larger):
            unknown = Reading(None, error, f"{error}", True)
            return Run(seed, {"fit.error": unknown}, f"{error}") if seed == 3 else run(error, seed)

        return one

    assert single(made(0.01), made(0.0101)) == ("undecided", "not as many runs hold as before")


def yes_or_no(digest, fails=()):
    def one(seed, larger):
        return Run(seed, {"fit.ok": Reading(seed not in fails, None, digest)}, digest)

    return one


def test_a_criterion_without_a_figure_needs_runs_that_all_end_the_same_way():
    ok = Criterion("fit.ok")
    assert single(yes_or_no("1"), yes_or_no("2"), ok) == ("no effect", "")
    everywhere = (0, 1, 2, 3)
    assert single(yes_or_no("1", everywhere), yes_or_no("2", everywhere), ok) == ("no effect", "")
    some = yes_or_no("1", (2,)), yes_or_no("2", (2,))
    assert single(*some, ok) == ("undecided", "not all runs end the same way")
    assert single(yes_or_no("1"), yes_or_no("2", (2,)), ok) == ("undecided", "not all runs end the same way")


def test_why_a_difference_of_a_figure_is_undecided_is_said():
    wobble = by_seed(small=(0.52, 0.6, 0.4, 0.51))
    more = "the seeds differ by more than the margin"
    assert single(always(0.5), wobble) == ("undecided", more)
    nothing = "no margin was declared within which a difference counts as none"
    assert single(always(0.5), wobble, Criterion("fit.error", "lower")) == ("undecided", nothing)
    either = Criterion("fit.error", None, 0.02)
    assert single(always(0.5), wobble, either) == ("undecided", more)
    assert single(always(0.5), always(0.7), either) == (
        "undecided",
        "it differs, and neither direction is better",
    )


def test_output_that_is_not_known_is_never_called_unchanged():
    def one(seed, larger):
        return Run(seed, {"fit.error": Reading(False, 0.5, None)})

    assert single(one, one) == ("no effect", "")


def test_a_run_of_which_one_stage_left_nothing_has_no_digest():
    first, second = StageRun(name="data", content="1"), StageRun(name="fit", content="2")
    stopped = StageRun(name="fit", error={"type": "ValueError", "message": "no"})
    made = [(first, second), (first, stopped), ()]
    found = of_pipeline(PipelineRun(runs=tuple(SeedRun(seed=1, stages=stages) for stages in made)))
    assert [row["digest"] is not None for row in found] == [True, False, False]


def test_a_set_of_repairs_is_the_cause_only_of_the_criterion_that_it_was_sought_for():
    def row(**other):
        return {
            "criterion": "fit.error",
            "of": "repairs",
            "label": "cures alone",
            "changes": {"a": "good"},
            **other,
        }

    assert cause_of([], [row()], "fit.error") == ["a"]
    assert cause_of([], [row(criterion="fit.finite")], "fit.error") == []
    assert cause_of([], [row(of="faults")], "fit.error") == []
    assert cause_of([], [row(label=None)], "fit.error") == []


def test_a_figure_of_output_that_is_not_finite_on_one_seed_shows_no_help():
    def made(error):
        def one(seed, larger):
            return Run(seed, {"fit.error": Reading(False, error, f"{error}", seed != 2)}, f"{error}")

        return one

    assert single(made(0.9), made(0.5)) == ("undecided", "the seeds differ by more than the margin")


def test_a_difference_that_float32_may_round_away_is_none():
    declared = Criterion("fit.error", "lower")
    assert single(always(0.5), always(0.5 + 7.5e-7), declared) == ("harms", "")
    assert single(always(0.5), always(0.5 + 2.5e-7), declared)[0] == "undecided"


def test_what_changes_nothing_is_no_comparison_for_which_p_values_are_corrected():
    toggles = (RATE, *(Toggle(f"idle{n}", ("x", "y")) for n in range(20)))
    base = configuration({toggle.name: toggle.choices[0] for toggle in toggles})
    asking = study(toggles=toggles, failing=base, repaired=None, screening=None)
    helps = {1: 0.25, 2: 0.29, 3: 0.28}
    found = labels(asking, answered(asking, lambda c, s, la: 0.9 - helps[s] * (c["rate"] == "low")))
    assert [item.label for item in found if item.toggle == "rate"] == ["helps"]
    assert {item.label for item in found if item.toggle != "rate"} == {"not tested"}


def test_the_symptom_is_the_first_criterion_to_break_even_where_what_works_breaks_it_as_well():
    """It is so for a case; only where two scenarios are compared, what tells them apart comes first."""
    asking = study(criteria=(Criterion("fit.never"), ERROR))

    def error(choices, seed, larger):
        never = run(9.0, seed).readings["fit.error"]
        return run(0.5 if choices["a"] == "bad" else 0.01, seed, **{"fit.never": never})

    results = answered(asking, error)
    assert symptom(asking, results).name == "fit.never"


def test_after_a_cure_only_what_it_hid_is_tried_again():
    """Either of `a` and `c` makes the figure finite; `c` has shown what it does, and `b` has not."""

    def error(choices, seed, larger):
        if choices["c"] == "y":
            return 0.01
        if choices["a"] == "bad":
            return math.nan
        return 0.5 if choices["b"] == "bad" else 0.01

    asking = study(criteria=(FINITE, ERROR))
    found = {
        (item.background, item.changes, item.criterion): item.label
        for item in labels(asking, answered(asking, error))
    }
    assert found["cured", (("b", "good"),), "fit.error"] == "cures alone"
    assert {changes for where, changes, _ in found if where == "cured"} == {(("b", "good"),)}


def test_a_change_that_cures_alone_is_the_cure_even_where_a_set_cures_more():
    """`a` makes the figure finite, and `a` and `b` together right: what `b` does is tried after `a`."""

    def error(choices, seed, larger):
        if choices["a"] == "bad":
            return math.nan
        return 0.5 if choices["b"] == "bad" else 0.01

    asking = study(**MORE)
    found = {
        (item.background, item.changes, item.criterion): item.label
        for item in labels(asking, answered(asking, error, rounds=30))
    }
    assert found["failing", (("a", "good"), ("b", "good")), "fit.error"] == "cures alone"
    assert found["cured", (("b", "good"),), "fit.error"] == "cures alone"


def test_a_set_of_faults_breaks_it_as_the_failing_configuration_does_and_not_by_another_exception():
    """`a` and `d` break it together; `a` and `b` without `d` raise, which has nothing to do with the figure."""

    def error(choices, seed, larger):
        if choices["a"] == choices["d"] == "bad":
            return 0.5
        return "KeyError" if choices["a"] == choices["b"] == "bad" else 0.01

    asking = study(**MORE)
    found, _ = sets(asking, answered(asking, error, rounds=30))
    [faults] = [each for each in found if each.of == "faults" and each.criterion == "fit.error"]
    assert faults.answer.changes == (("a", "bad"), ("d", "bad"))


def test_a_set_of_repairs_cures_exceptions_as_well():
    def error(choices, seed, larger):
        return {"aa": 0.01, "ab": 0.5, "ba": "KeyError", "bb": "ValueError"}[
            "".join("a" if choices[name] == "good" else "b" for name in ("a", "b"))
        ]

    asking = study(**MORE)
    found, _ = sets(asking, answered(asking, error, rounds=30))
    [repairs] = [each for each in found if each.of == "repairs" and each.criterion == "fit.error"]
    assert repairs.answer.changes == (("a", "good"), ("b", "good"))


def test_where_all_repairs_are_needed_nothing_is_tried_in_the_repaired_configuration_again():
    asking = study(criteria=(FINITE, ERROR))
    results = answered(asking, lambda c, s, la: math.nan if "bad" in (c["a"], c["b"]) else 0.01, rounds=30)
    assert {item.background for item in labels(asking, results)} == {"failing", "repaired"}


def test_where_there_is_one_repair_no_set_is_sought():
    """Not even where the seed of the screening does not show what it does."""
    asking = study(toggles=TOGGLES[:1], repaired=changed(FAILING, {"a": "good"}))
    results = answered(asking, lambda c, s, la: 0.5 if s == 0 or c["a"] == "bad" else 0.01)
    assert sets(asking, results) == ([], [])


def test_a_check_that_fails_before_and_after_a_choice_is_not_asked_again():
    """And neither is one that holds before and after: the screening is enough."""
    for first in (False, True):
        asking = study(oracles=("check",))

        def made(choices, first=first):
            return run(0.01, 0, check=Reading(first, 1.0, str(choices)))

        which = [REPAIRED, *(changed(REPAIRED, {name: "bad"}) for name in ("a", "b"))]
        screened = {each: [made(each)] for each in which}
        wants = {want.configuration: want.seeds for want in wanted(asking, screened)}
        assert changed(REPAIRED, {"a": "bad"}) not in wants


def revised(error, **about):
    """The study of two sides that differ in a rate and in the revision, its runs, and what is told of them."""
    row = tuple(Commit(f"c{n}") for n in range(8))
    asking = Study(
        **{
            "toggles": (RATE, Toggle("revision", ("c7", "c0"))),
            "failing": configuration({"rate": "high", "revision": "c7"}),
            "repaired": configuration({"rate": "low", "revision": "c0"}),
            "criteria": (ERROR,),
            "screening": 0,
            "fresh": (1, 2, 3),
            "compares": True,
            "commits": row,
            **about,
        }
    )
    results = answered(asking, lambda c, s, la: error(c["rate"], int(c["revision"][1:])), rounds=30)
    return asking, results, told(asking, rows_of(results))


def test_where_a_commit_decides_whatever_else_differs_it_is_searched_for():
    *_, alone = revised(lambda rate, n: 0.01 + 0.005 * (rate == "high") + 0.5 * (n >= 5))
    assert (alone["bisection"]["works"]["name"], alone["bisection"]["fails"]["name"]) == ("c4", "c5")


def test_where_only_putting_the_revision_back_breaks_it_the_search_is_on_the_side_that_works():
    """The rate and the revision each break it: from the failing side neither cures."""
    _, results, found = revised(lambda rate, n: 0.5 if rate == "high" or n >= 3 else 0.01)
    assert (found["bisection"]["works"]["name"], found["bisection"]["fails"]["name"]) == ("c2", "c3")
    between = {dict(which)["rate"] for which in results if dict(which)["revision"] not in ("c0", "c7")}
    assert between == {"low"}


def test_where_the_revision_has_no_part_in_it_no_commit_is_searched_for():
    *_, found = revised(lambda rate, n: 0.5 if rate == "high" else 0.01 + 1e-4 * n)
    assert found["bisection"] is None


def test_where_no_commits_lie_between_two_revisions_none_is_searched_for():
    *_, found = revised(lambda rate, n: 0.5 if n else 0.01, commits=())
    assert found["bisection"] is None


ROW = [configuration({"revision": f"{n}"}) for n in range(8)]
SEEDS = range(40)


def test_each_change_from_failing_to_working_is_told_once():
    works = (True, True, True, False, True, False, True, False)
    there = {(which, seed): works[n] for n, which in enumerate(ROW) for seed in SEEDS}
    found, _ = bisect(ROW, there, SEEDS)
    assert found.outcome == "found" and found.not_monotone == ((3, 4), (5, 6))


def test_runs_that_do_not_agree_end_a_vote_after_nine_and_runs_that_tell_nothing_after_four():
    mixed = {(which, seed): bool(seed % 2) for which in ROW for seed in SEEDS}
    found, _ = bisect(ROW, mixed, SEEDS)
    assert (found.outcome, found.why) == ("undecided", "the runs at one of its ends do not agree")
    assert found.runs == 2 * 9
    nothing, _ = bisect(ROW, dict.fromkeys(mixed), SEEDS)
    assert (nothing.outcome, nothing.runs) == ("undecided", 2 * 4)


def test_a_search_uses_the_fresh_seeds_then_eighteen_more_and_the_screened_one_last():
    assert study().searching == [*range(1, 22), 0]
    assert study(screening=None).searching == [*range(1, 22)]


def test_an_exception_at_the_larger_budget_says_nothing_of_the_smaller_one():
    results = {HIGH: [run(0.5, 1), run("ValueError", 1, larger=True), run("KeyError", 2)]}
    failing = [run(0.5, seed) for seed in (1, 2, 3)]
    assert alike(results, "fit.error", failing) == {(HIGH, 1): False, (HIGH, 2): None}


SOUND = {
    **{"chains": 2, "n_draws": 1000, "divergences": 0, "complete": True, "n_nonfinite": 0},
    **{"max_rhat": 1.001, "min_ess": 500.0, "min_ebfmi": 0.9, "ebfmi": [0.9, 0.9]},
    **{"max_treedepth_fraction": 0.0, "n_steps_mean": 7.0},
    "variables": [{"name": "x", "size": 1, "rhat_max": 1.001, "ess_bulk_min": 500.0, "ess_tail_min": 500.0}],
}
"""The figures of a sound run of a model."""


def sampled(name, **changes):
    """What another rate does to one figure of how a model samples, where it gives these figures instead."""

    def made(digest, figures):
        def one(seed, larger):
            found = readings(figures, digest, True)
            row = {"seed": seed, "digest": digest, "raised": False, "readings": found}
            return runs([row], larger)[0]

        return one

    asking = study(toggles=(RATE,), failing=HIGH, repaired=None, criteria=CRITERIA, screening=None)
    high, low = made("1", SOUND), made("2", {**SOUND, **changes})
    found = labels(asking, answered(asking, lambda c, s, la: (high if c["rate"] == "high" else low)(s, la)))
    return next(item.label for item in found if item.criterion == name)


def test_how_much_worse_a_model_has_to_sample_to_count():
    """Two runs differ in their E-BFMI by less than 0.1, and in their draws for the work by less than a factor of 2."""
    assert sampled("ebfmi", min_ebfmi=0.82, ebfmi=[0.82, 0.82]) == "no effect"
    assert sampled("ebfmi", min_ebfmi=0.75, ebfmi=[0.75, 0.75]) == "harms"
    assert sampled("efficiency", n_steps_mean=7.0 * 1.8) == "no effect"
    assert sampled("efficiency", n_steps_mean=7.0 * 2.5) == "harms"
    assert sampled("efficiency", n_steps_mean=7.0 / 2.5) == "helps"


def test_a_run_without_divergences_counted_has_no_share_of_them():
    for figures in ({**SOUND, "divergences": None}, {**SOUND, "n_draws": None}):
        assert readings(figures, "1", True)["divergences"]["value"] is None
    assert readings({**SOUND, "divergences": 20}, "1", True)["divergences"]["value"] == pytest.approx(0.02)
