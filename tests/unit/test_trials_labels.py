"""Labels of changes: each by a small case, and the runs that are asked for on the way."""

import math
import random

import pytest
from trial_toys import ERROR, FAILING, FINITE, MORE, REPAIRED, TOGGLES, answered, run, study

from faultline.core.configuration import changed, configuration, differences
from faultline.criteria.trials.comparisons import symptom
from faultline.criteria.trials.defects import defects
from faultline.criteria.trials.paired import holm, paired, t_quantile, t_within
from faultline.criteria.trials.runs import Criterion, Hypothesis, Reading, Run, Study, Toggle, Wanted
from faultline.criteria.trials.sets import sets
from faultline.criteria.trials.wanted import asked, wanted
from faultline.diagnosis.trials.hypotheses import outcomes
from faultline.diagnosis.trials.labels import explains, labels, leading


def named(asking: Study, results) -> dict:
    """Background, changes and criterion -> label."""
    return {
        (item.background, ",".join(f"{t}={c}" for t, c in item.changes), item.criterion): item.label
        for item in labels(asking, results)
    }


def one(background, change, error, **other):
    asking = study(**other)
    results = answered(asking, error)
    return named(asking, results)[background, change, "fit.error"]


def test_a_choice_that_cures_alone_and_is_needed():
    def error(choices, seed, larger):
        return 0.5 if choices["a"] == "bad" else 0.01

    asking = study()
    found = named(asking, answered(asking, error))
    assert found["failing", "a=good", "fit.error"] == "cures alone"
    assert found["repaired", "a=bad", "fit.error"] == "needed"
    assert found["failing", "a=good,b=good", "fit.error"] == "cures alone"  # all together


def test_no_effect_needs_a_margin_that_was_declared():
    wobble = {0: 0.001, 1: -0.001, 2: 0.002, 3: 0.004}

    def error(choices, seed, larger):
        return 0.5 + (wobble[seed] if choices["c"] == "y" else 0)

    assert one("failing", "c=y", error) == "no effect"
    assert one("failing", "c=y", error, criteria=(Criterion("fit.error", "lower"),)) == "undecided"
    assert one("failing", "c=y", error, criteria=(Criterion("fit.error", "lower", 0.003),)) == "undecided"


def test_a_difference_that_is_sure_and_smaller_than_the_margin_is_no_harm():
    wobble = {0: 0.016, 1: 0.0155, 2: 0.016, 3: 0.0195}

    def error(choices, seed, larger):
        return 0.5 + (wobble[seed] if choices["c"] == "y" else 0)

    assert one("failing", "c=y", error) == "undecided"  # the interval leaves the margin of 0.02
    assert one("failing", "c=y", error, criteria=(Criterion("fit.error", "lower", 0.001),)) == "harms"


def test_a_figure_that_gets_better_without_passing_helps_and_one_that_gets_worse_harms():
    def error(choices, seed, larger):
        return 0.9 - 0.3 * (choices["a"] == "good") + 0.3 * (choices["c"] == "y")

    asking = study()
    found = named(asking, answered(asking, error))
    assert found["failing", "a=good", "fit.error"] == "helps"
    assert found["failing", "c=y", "fit.error"] == "harms"
    assert found["repaired", "a=bad", "fit.error"] == "helps"  # the repair does, though nothing passes
    assert found["repaired", "b=bad", "fit.error"] == "not tested"


def test_a_direction_of_no_value_and_a_metric_that_only_rounding_changes_are_undecided():
    def error(choices, seed, larger):
        return 0.9 + 1e-9 * (choices["a"] == "good")

    assert one("failing", "a=good", error, criteria=(Criterion("fit.error", "lower"),)) == "undecided"
    assert (
        one(
            "failing",
            "c=y",
            lambda c, s, la: 0.9 + 0.2 * (c["c"] == "y"),
            criteria=(Criterion("fit.error", None, 0.1),),
        )
        == "undecided"
    )


def test_one_run_of_three_that_fails_is_no_cure():
    def error(choices, seed, larger):
        return 0.5 if choices["a"] == "bad" or seed == 2 else 0.01

    asking = study()
    results = answered(asking, error)
    item = next(i for i in labels(asking, results) if i.changes == (("a", "good"),))
    assert item.label == "undecided" and item.comparison.fresh.changed.passed == 2


def test_the_screening_run_is_no_part_of_three_of_three():
    def error(choices, seed, larger):
        return 0.5 if choices["a"] == "bad" and seed != 0 else 0.01

    asking = study()
    found = next(i for i in labels(asking, answered(asking, error)) if i.changes == (("a", "good"),))
    assert found.comparison.screening.identical
    # The symptom does not show at the screening seed, so that it tells nothing, and fresh seeds are asked for.
    assert (found.label, found.comparison.fresh.n) == ("cures alone", 3)


def test_an_unknown_outcome_is_never_a_pass():
    def error(choices, seed, larger):
        if choices["a"] == "good" and seed == 3:
            return Run(seed, {"fit.error": Reading(None, 0.01, "?", True)}, "?", larger=larger)
        return 0.5 if choices["a"] == "bad" else 0.01

    assert one("failing", "a=good", error) != "cures alone"


def test_a_cure_at_the_smaller_budget_alone_delays():
    def error(choices, seed, larger):
        return math.nan if choices["a"] == "bad" and (larger or choices["c"] == "x") else 0.01

    asking = study(larger=True, criteria=(FINITE, ERROR))
    found = named(asking, answered(asking, error))
    assert found["failing", "c=y", "fit.finite"] == "delays" == found["failing", "c=y", "fit.error"]
    assert found["failing", "a=good", "fit.finite"] == "cures alone"


def test_a_cure_that_was_not_repeated_yet_is_undecided():
    def error(choices, seed, larger):
        return 0.5 if choices["a"] == "bad" else 0.01

    asking = study(larger=True)
    results = answered(asking, error)
    small = {key: [r for r in runs if not r.larger] for key, runs in results.items()}
    assert named(asking, small)["failing", "a=good", "fit.error"] == "undecided"
    assert {w.larger for w in wanted(asking, small)} == {True}


def test_a_harm_at_the_smaller_budget_alone_is_not_converged():
    def error(choices, seed, larger):
        return 0.3 if choices["c"] == "y" and not larger else 0.01

    def both(choices, seed, larger):
        return 0.9 if choices["a"] == "bad" else error(choices, seed, larger)

    assert one("repaired", "c=y", both, larger=True) == "not converged"
    assert one("repaired", "c=y", both) == "harms"
    assert one("repaired", "a=bad", both, larger=True) == "needed"


def test_a_harm_by_the_metric_is_repeated_as_well():
    def vanishes(choices, seed, larger):
        return 0.5 + 0.3 * (choices["c"] == "y" and not larger)

    def stays(choices, seed, larger):
        return 0.5 + 0.3 * (choices["c"] == "y")

    assert one("failing", "c=y", vanishes, larger=True) == "not converged"
    assert one("failing", "c=y", stays, larger=True) == "harms"


def test_what_fails_without_the_change_at_the_larger_budget_decides_nothing():
    def error(choices, seed, larger):
        return 0.9 if larger or choices["a"] == "bad" or choices["c"] == "y" else 0.01

    assert one("repaired", "c=y", error, larger=True) == "undecided"


def test_what_is_not_finite_hides_and_the_repaired_side_leads():
    """The first repair uncovers that two others harm alone, though both are needed."""

    def error(choices, seed, larger):
        if choices["a"] == "bad":
            return math.nan
        return {"bad": 0.5, "good": 0.01}[choices["b"]] + (0.2 if choices["c"] == "y" else 0)

    asking = study(criteria=(FINITE, ERROR))
    results = answered(asking, error)
    found = named(asking, results)
    assert found["failing", "b=good", "fit.error"] == "hidden"
    assert found["failing", "a=good", "fit.finite"] == "cures alone"
    assert found["failing", "a=good", "fit.error"] == "hidden"  # finite now, but still wrong
    assert found["cured", "b=good", "fit.error"] == "cures alone"
    assert found["cured", "c=y", "fit.error"] == "harms"
    lead = leading(labels(asking, results))
    assert lead["b", "fit.error"].label.label == "cures alone"
    assert lead["b", "fit.error"].label.background == "cured"
    assert symptom(asking, results) == FINITE
    assert {t: item.label.label for t, item in explains(asking, results).items()} == {
        "a": "cures alone",
        "b": "no effect",
        "c": "no effect",
    }


def test_where_only_a_set_cures_it_is_found_repeated_like_any_cure_and_what_was_hidden_is_tried_after_it():
    def error(choices, seed, larger):
        if "bad" in (choices["a"], choices["b"]):
            return math.nan
        return 0.5 + (0.3 if choices["c"] == "y" else 0) if choices["d"] == "bad" else 0.01

    asking = study(larger=True, **MORE)
    results = answered(asking, error, rounds=30)
    found, _ = sets(asking, results)
    said = {(each.criterion, each.of): each.answer for each in found}
    assert said["fit.finite", "repairs"].changes == (("a", "good"), ("b", "good"))
    assert said["fit.finite", "repairs"].unique and said["fit.finite", "repairs"].others == (("d", "good"),)
    assert {t for t, _ in said["fit.error", "repairs"].changes} == {"a", "b", "d"}
    assert not any(of == "faults" for _, of in said)  # each choice that is put back breaks it by itself
    labelled = named(asking, results)
    assert labelled["failing", "a=good,b=good", "fit.finite"] == "cures alone"
    assert labelled["cured", "d=good", "fit.error"] == "cures alone"
    assert labelled["cured", "c=y", "fit.error"] == "harms"


def test_a_set_that_cures_at_the_smaller_budget_alone_delays():
    def error(choices, seed, larger):
        if "bad" in (choices["a"], choices["b"]) or (larger and choices["d"] == "bad"):
            return math.nan
        return 0.01

    asking = study(larger=True, **MORE)
    found = named(asking, answered(asking, error, rounds=30))
    assert found["failing", "a=good,b=good", "fit.finite"] == "delays"
    assert found["failing", "a=good,b=good,d=good", "fit.finite"] == "cures alone"
    assert not any(background == "cured" for background, *_ in found)


def test_faults_that_break_only_together():
    def error(choices, seed, larger):
        return 0.5 if (choices["a"], choices["d"]) == ("bad", "bad") else 0.01

    asking = study(**MORE)
    found, _ = sets(asking, answered(asking, error, rounds=30))
    assert [(each.criterion, each.of) for each in found] == [("fit.error", "faults")]
    assert found[0].answer.changes == (("a", "bad"), ("d", "bad"))


def test_where_single_changes_tell_or_all_together_do_not_cure_no_set_is_sought():
    for error in (lambda c, s, la: 0.5 if c["a"] == "bad" else 0.01, lambda c, s, la: 0.5):
        asking = study(**MORE)
        assert sets(asking, answered(asking, error, rounds=30)) == ([], [])
    assert sets(study(repaired=None), {}) == ([], [])


def test_runs_are_made_in_whole_batches():
    asking = study()
    want = Wanted(FAILING, (0, 1, 5))
    assert [each.seeds for each in want.apart(asking)] == [(0,), (1, 2, 3), (4, 5, 6)]


def test_a_repair_that_harms_alone_is_needed():
    def error(choices, seed, larger):
        return (
            0.9
            if choices["a"] == "bad" and choices["b"] == "good"
            else 0.5
            if "bad" in (choices["a"], choices["b"])
            else 0.01
        )

    asking = study()
    results = answered(asking, error)
    found = named(asking, results)
    assert found["failing", "b=good", "fit.error"] == "harms"
    assert found["repaired", "b=bad", "fit.error"] == "needed"
    lead = explains(asking, results)["b"]
    assert (lead.label.label, lead.label.background, lead.agree) == ("needed", "repaired", False)


def test_what_has_no_effect_alone_is_ruled_out_only_if_it_has_none_put_back():
    def error(choices, seed, larger):
        tiny = (
            0.0001 * (choices["b"] == "good")
            + 0.0001 * (choices["c"] == "y")
            + 0.0001 * (choices["a"] == "good")
        )
        return tiny + (0.5 if "bad" in (choices["a"], choices["b"]) else 0.01)

    asking = study()
    results = answered(asking, error)
    lead = explains(asking, results)
    assert named(asking, results)["failing", "b=good", "fit.error"] == "no effect"
    assert lead["b"].label.label == "needed" and not lead["b"].ruled_out
    assert lead["c"].label.label == "no effect" and lead["c"].ruled_out
    alone = study(repaired=None)
    assert not any(item.ruled_out for item in explains(alone, answered(alone, error)).values())


def test_an_exception_breaks_the_run_and_only_what_could_not_be_read():
    def error(choices, seed, larger):
        return None if choices["c"] == "y" else 0.5 if choices["a"] == "bad" else 0.01

    assert one("failing", "c=y", error) == "breaks the run"
    assert one("repaired", "c=y", error, larger=True) == "breaks the run"

    def later(choices, seed, larger):
        made = run(0.5, seed, larger)
        return Run(seed, made.readings, "half", raised=True) if choices["c"] == "y" else made

    assert one("failing", "c=y", later) == "unchanged"


def test_an_exception_in_the_background_hides():
    def error(choices, seed, larger):
        return None if choices["a"] == "bad" else 0.01

    assert one("failing", "b=good", error) == "hidden"
    assert one("failing", "a=good", error) == "cures alone"


def test_what_changes_nothing_anywhere_is_not_tested_and_where_it_is_declared_it_is():
    def error(choices, seed, larger):
        return 0.5 + 0.3 * (choices.get("scenario") == "big" and choices["c"] == "y")

    asking = study()
    results = answered(asking, error)
    found = {(i.background, i.changes): i for i in labels(asking, results)}
    assert found["failing", (("c", "y"),)].label == "not tested"
    assert "changes nothing" in found["failing", (("c", "y"),)].why
    declared = study(tried_in={"c": changed(FAILING, {"scenario": "big"})})
    found = named(declared, answered(declared, error))
    assert found["failing", "c=y", "fit.error"] == "unchanged"
    assert found["declared", "c=y", "fit.error"] == "harms"
    lead = explains(declared, answered(declared, error))["c"]
    assert (lead.label.label, lead.label.background) == ("harms", "declared")


def test_a_change_that_shows_the_other_way_round_where_it_is_declared_was_tested():
    def error(choices, seed, larger):
        return 0.01 + 0.3 * (choices.get("scenario") == "big" and choices["b"] == "bad")

    place = changed(REPAIRED, {"scenario": "big"})
    declared = study(tried_in={"b": place})
    found = named(declared, answered(declared, error))
    assert found["failing", "b=good", "fit.error"] == "unchanged"
    assert found["declared", "b=bad", "fit.error"] == "harms"


def test_output_of_another_stage_that_changes_leaves_the_criterion_unchanged():
    def error(choices, seed, larger):
        made = run(0.5, seed, larger)
        return Run(seed, made.readings, f"{made.digest} {choices['c']}")

    assert one("failing", "c=y", error) == "unchanged"


def test_p_values_are_corrected_over_the_comparisons_of_one_criterion():
    toggles = tuple(Toggle(f"t{i}", ("x", "y")) for i in range(20))
    base = configuration({t.name: "x" for t in toggles})
    wobble = {1: 0.05, 2: 0.09, 3: 0.08, 0: 0.07}

    def error(choices, seed, larger):
        moved = [t for t, choice in choices.items() if choice == "y"]
        return 0.9 - sum(wobble[seed] if t == "t0" else 1e-3 * (seed - 2) for t in moved)

    asking = study(toggles=toggles, failing=base, repaired=None)
    item = next(i for i in labels(asking, answered(asking, error)) if i.toggle == "t0")
    assert item.comparison.p < 0.05 < item.p
    assert item.label == "undecided"
    single = study(toggles=toggles[:1], failing=base, repaired=None)
    assert next(iter(labels(single, answered(single, error)))).label == "helps"


def test_rounds_ask_for_no_more_than_is_needed():
    asking = study()
    first = wanted(asking, {})
    assert {w.seeds for w in first if w.configuration in (FAILING, REPAIRED)} == {(0, 1, 2, 3)}
    assert all(w.seeds == (0,) for w in first if w.configuration not in (FAILING, REPAIRED))
    results = answered(asking, lambda c, s, la: 0.5 if c["a"] == "bad" else 0.01)
    assert len(results[changed(FAILING, {"a": "good"})]) == 4
    assert len(results[changed(FAILING, {"c": "y"})]) == 1


def test_without_a_screening_the_labels_are_the_same_and_fresh_seeds_run_at_once():
    def error(choices, seed, larger):
        return 0.5 if choices["a"] == "bad" else 0.01

    asking = study(screening=None)
    assert {w.seeds for w in wanted(asking, {})} == {asking.fresh}
    found = labels(asking, answered(asking, error, rounds=2))
    screened = labels(study(), answered(study(), error))
    assert [(item.changes, item.label) for item in found] == [(item.changes, item.label) for item in screened]


def random_error(rng):
    """Errors that depend at random on some choices, the seed and the budget, not finite now and then."""
    table: dict = {}
    depends = rng.sample("abcd", rng.randint(1, 4))

    def error(choices, seed, larger):
        by_seed = rng_flaky and seed % 2
        key = (*(choices[toggle] for toggle in depends), by_seed, larger and rng_budget)
        if key not in table:
            table[key] = rng.choice([0.01, 0.02, 0.5, 0.6, math.nan, None])
        return table[key]

    rng_flaky, rng_budget = rng.random() < 0.3, rng.random() < 0.5
    return error


@pytest.mark.parametrize("number", range(150))
def test_whatever_comes_out_all_runs_are_asked_for_once_and_none_is_dropped(number):
    """Runs arrive in any order, as jobs of a workflow do."""
    rng = random.Random(number)
    more = MORE if rng.random() < 0.7 else {**MORE, "repaired": None}
    beliefs = (hypothesis({"a": "good"}, "cures"), hypothesis({"b": "good", "c": "y"}, "no_effect"))
    screening = rng.choice([0, None])
    asking = study(larger=rng.random() < 0.5, hypotheses=beliefs, screening=screening, **more)
    error, results, before = random_error(rng), {}, {}
    for _ in range(400):
        now = {(w.configuration, w.larger): set(w.seeds) for w in asked(asking, results)}
        assert all(seeds <= now.get(key, set()) for key, seeds in before.items())
        missing = wanted(asking, results)
        if not missing:
            break
        for want in rng.sample(missing, rng.randint(1, len(missing))):
            for seed in want.seeds:
                value = error(dict(want.configuration), seed, want.larger)
                results.setdefault(want.configuration, []).append(run(value, seed, want.larger))
        before = now
    else:
        raise AssertionError("it never has enough")
    assert all(item.label != "not tested" or item.why != "it has not run" for item in labels(asking, results))
    for item in outcomes(asking, results):
        assert item.outcome != "open" or item.why


def test_a_study_needs_three_fresh_seeds():
    for fresh in ((1, 2), (1, 2, 2), (0, 1, 2)):
        with pytest.raises(ValueError, match="fresh"):
            study(fresh=fresh)


def with_oracle(values):
    """Runs whose oracle has the value of the first choice that differs from the repaired one."""

    def error(choices, seed, larger):
        found = [values[pair] for pair in differences(REPAIRED, configuration(choices)) if pair in values]
        value = found[0] if found else 1e-6
        passed = value if value is None else (value[seed] if isinstance(value, dict) else value) <= 1e-4
        number = value[seed] if isinstance(value, dict) else value
        return run(0.01, seed, check=Reading(passed, number, str(number)))

    return error


@pytest.mark.parametrize(
    ("value", "answer"),
    [
        (0.1, "yes"),
        (2e-6, "no"),  # it saw the choice, and holds
        (1e-6, "not tested"),  # it did not see the choice
        (None, "not tested"),
        ({0: 0.1, 1: 2e-6, 2: 2e-6, 3: 2e-6}, "undecided"),
    ],
)
def test_whether_a_choice_is_a_defect(value, answer):
    asking = study(oracles=("check",))
    results = answered(asking, with_oracle({("a", "bad"): value}))
    more = {
        changed(REPAIRED, {"a": "bad"}): [
            with_oracle({("a", "bad"): value})({**dict(REPAIRED), "a": "bad"}, s, False) for s in range(4)
        ]
    }
    found = defects(asking, {**results, **more})
    assert found["a", "bad"].answer == answer
    assert found["b", "bad"].answer == "not tested"


def test_an_oracle_that_fails_with_the_repaired_choice_accuses_none():
    asking = study(oracles=("check",))
    results = answered(asking, lambda c, s, la: run(0.01, s, check=Reading(False, 0.2, "x")))
    assert {found.answer for found in defects(asking, results).values()} == {"not tested"}


def hypothesis(changes, predicts, **more) -> Hypothesis:
    return Hypothesis("h", changes, predicts, **more)


@pytest.mark.parametrize(
    ("changes", "predicts", "more", "outcome"),
    [
        ({"a": "good"}, "cures", {}, "confirmed"),
        ({"b": "good"}, "cures", {}, "refuted"),
        ({"a": "good", "c": "y"}, "cures", {}, "confirmed"),
        ({"b": "good"}, "no_effect", {}, "confirmed"),
        ({"a": "good"}, "no_effect", {}, "refuted"),
        ({"c": "y"}, "harms", {}, "confirmed"),
        ({"a": "good"}, "harms", {}, "refuted"),
        ({"a": "bad"}, "harms", {"background": "repaired"}, "confirmed"),
        ({"c": "y"}, "up", {"metric": "fit.error"}, "confirmed"),
        ({"c": "y"}, "down", {"metric": "fit.error"}, "refuted"),
        ({"b": "good"}, "unchanged", {"metric": "fit.error"}, "confirmed"),
        ({"b": "good"}, "unchanged", {"metric": "fit.error", "margin": 1e-9}, "refuted"),
    ],
)
def test_hypotheses_end_confirmed_or_refuted(changes, predicts, more, outcome):
    def error(choices, seed, larger):
        wrong = 0.5 if choices["a"] == "bad" else 0.01
        return wrong + 0.05 * (choices["c"] == "y") + 0.001 * (choices["b"] == "good")

    asking = study(hypotheses=(hypothesis(changes, predicts, **more),))
    [found] = outcomes(asking, answered(asking, error))
    assert (found.outcome, found.why) == (outcome, "")
    assert len(found.trials) == 2


def test_a_hypothesis_is_open_where_nothing_can_be_seen():
    nan = study(hypotheses=(hypothesis({"c": "y"}, "no_effect"), hypothesis({"c": "y"}, "cures")))
    first, second = outcomes(nan, answered(nan, lambda c, s, la: math.nan))
    assert first.outcome == "open" and "finite" in first.why
    assert second.outcome == "refuted"
    sound = study(hypotheses=(hypothesis({"c": "y"}, "no_effect"),))
    [found] = outcomes(sound, answered(sound, lambda c, s, la: 0.01))
    assert found.outcome == "open" and found.why == "there is no symptom"
    [found] = outcomes(sound, {})
    assert found.outcome == "open"


def test_a_hypothesis_as_a_case_declares_it():
    found = Hypothesis.of(
        {
            "name": "n",
            "says": "s",
            "changes": {"a": "good"},
            "predicts": {"metric": "fit.error", "direction": "up"},
        }
    )
    assert (found.predicts, found.metric) == ("up", "fit.error")


def test_the_t_distribution_and_holm_against_scipy():
    stats = pytest.importorskip("scipy.stats")
    for df in range(1, 12):
        assert t_quantile(0.95, df) == pytest.approx(stats.t.ppf(0.975, df), rel=1e-9)
        for t in (0.1, 1, 4.3, 30):
            assert t_within(t, df) == pytest.approx(1 - 2 * stats.t.sf(t, df), abs=1e-12)
    before, after = [1.0, 2.0, 4.0], [1.5, 2.1, 4.9]
    found, real = paired(before, after), stats.ttest_rel(after, before)
    assert found.p == pytest.approx(real.pvalue)
    assert (found.low, found.high) == pytest.approx(tuple(real.confidence_interval(0.95)))
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])


def test_two_exceptions_are_not_the_same_failure():
    """With another choice the run raises something else: the first exception may be gone."""

    def error(choices, seed, larger):
        if choices["a"] == "bad":
            return "KeyError" if choices["c"] == "y" else "ValueError"
        return 0.01

    asking = study(
        criteria=(FINITE,), hypotheses=(hypothesis({"c": "y"}, "cures"), hypothesis({"c": "y"}, "no_effect"))
    )
    results = answered(asking, error)
    [found] = [
        each
        for each in labels(asking, results)
        if each.background == "failing" and each.changes == (("c", "y"),)
    ]
    assert found.label == "undecided"
    assert found.why == "it raises KeyError in stage fit, and without the change ValueError in stage fit"
    assert [each.outcome for each in outcomes(asking, results)] == ["open", "open"]
    alike = answered(asking, lambda c, s, la: "ValueError" if c["a"] == "bad" else 0.01)
    assert next(each.outcome for each in outcomes(asking, alike)) == "refuted"


def test_a_defect_needs_the_fresh_seeds_and_they_are_asked_for():
    asking = study(oracles=("check",))
    error = with_oracle({("b", "bad"): 0.1})
    screened = {
        configuration: [error(dict(configuration), 0, False)]
        for configuration in (REPAIRED, changed(REPAIRED, {"b": "bad"}))
    }
    assert defects(asking, screened)["b", "bad"].answer == "undecided"
    wants = {want.configuration: want.seeds for want in wanted(asking, screened)}
    assert wants[changed(REPAIRED, {"b": "bad"})] == (1, 2, 3)
    assert wants[changed(REPAIRED, {"a": "bad"})] == (0,)  # nothing accuses it yet
    results = answered(asking, error)
    assert defects(asking, results)["b", "bad"].answer == "yes"
    assert {run.seed for run in results[changed(REPAIRED, {"b": "bad"})]} == {0, 1, 2, 3}


def test_what_an_oracle_accuses_is_no_background_for_what_was_hidden():
    """`c` at `y` hides the NaN, and an oracle speaks against it: `b` is not tried again beside that."""

    def error(choices, seed, larger):
        value = math.nan if choices["a"] == "bad" and choices["c"] == "x" else 0.01
        gap = 1.0 if choices["c"] == "y" else 1e-6
        return run(value, seed, check=Reading(gap <= 1e-4, gap, str(gap)))

    for oracles, hides in ((("check",), False), ((), True)):
        asking = study(oracles=oracles, toggles=TOGGLES[1:], repaired=changed(FAILING, {"b": "good"}))
        found = {item.background for item in labels(asking, answered(asking, error))}
        assert ("cured" in found) is hides
