"""Which runs show that a change cures, and when enough were made."""

import functools
import itertools
import math
import random

import pytest

from faultline.criteria.remedies import (
    UNCHANGED,
    Asked,
    Proposal,
    Remedy,
    asked,
    efficiency_of,
    judged,
    judgment,
)
from faultline.criteria.trials.of_sampling import readings

ONE, OTHER, BOTH = (Remedy.of([{"kind": "non_centered", "names": [name]}]) for name in ("a", "b", "ab"))


@pytest.mark.parametrize(
    ("unchanged", "changed", "screening", "says"),
    [
        ([False] * 3, [True] * 3, True, "cures"),
        ([False] * 3, [True, True, False], True, "fails"),
        ([False] * 3, [], False, "fails"),
        ([False] * 3, [], None, "undecided"),
        ([False] * 3, [True] * 3, None, "undecided"),
        ([False] * 3, [True, True, None], True, "undecided"),
        ([False, None, False], [True] * 3, True, "cures"),
        ([True, False, False], [True] * 3, True, "wants_more"),
        ([True, True, False], [True] * 3, True, "wants_more"),
        ([True] * 3, [True] * 3, True, "undecided"),
        ([True, False, False] * 2, [True] * 6, True, "cures"),
        ([True, True, False, True, False, False], [True] * 6, True, "helps"),
        ([True, True, False, True, True, True], [True] * 6, True, "helps"),
        ([True, False, False] * 2, [True] * 5 + [False], True, "fails"),
        ([False] * 2, [True] * 3, True, "undecided"),
    ],
)
def test_what_runs_say(unchanged, changed, screening, says):
    assert judged(unchanged, changed, screening) == says


def rounds(proposal, run):
    """All that is asked for, with ``run(asked)`` as the outcomes."""
    outcomes, wanted = {}, asked(proposal, {})
    for _ in range(20):
        outcomes = {each: run(each) for each in wanted}
        more = asked(proposal, outcomes)
        assert [each for each in wanted if each not in more] == []
        if more == wanted:
            return wanted, outcomes
        wanted = more
    raise AssertionError("it asks for ever")


def test_nothing_to_try_asks_for_nothing():
    assert asked(Proposal(), {}) == []


def test_a_cure_by_itself_is_enough():
    wanted, outcomes = rounds(
        Proposal((ONE, OTHER), (BOTH,)),
        lambda each: (
            [False] * 3 if each.remedy == UNCHANGED else [True] * 4 if each.remedy == ONE else [False]
        ),
    )
    assert [each.remedy for each in wanted] == [UNCHANGED, ONE, OTHER]
    assert (judgment(ONE, outcomes), judgment(OTHER, outcomes), judgment(BOTH, outcomes)) == (
        "cures",
        "fails",
        None,
    )


def test_several_at_once_are_tried_where_none_cures_by_itself():
    wanted, outcomes = rounds(
        Proposal((ONE, OTHER), (BOTH,)),
        lambda each: (
            [False] * 3 if each.remedy == UNCHANGED else [True] * 4 if each.remedy == BOTH else [False]
        ),
    )
    assert [each.remedy for each in wanted] == [UNCHANGED, ONE, OTHER, BOTH]
    assert judgment(BOTH, outcomes) == "cures"


@pytest.mark.parametrize(
    ("curing", "tried"), [(OTHER, [UNCHANGED, ONE, OTHER]), (BOTH, [UNCHANGED, ONE, OTHER, BOTH])]
)
def test_what_is_tried_together_is_tried_one_after_another_as_long_as_nothing_cures(curing, tried):
    proposal, outcomes, rounds = Proposal((ONE,), (OTHER, BOTH)), {}, []
    while new := [each for each in asked(proposal, outcomes) if each not in outcomes]:
        rounds.append([each.remedy for each in new])
        for each in new:
            outcomes[each] = [False] * 3 if each.remedy == UNCHANGED else [True] * 4
            if each.remedy not in (UNCHANGED, curing):
                outcomes[each] = [None]
    assert rounds == [tried[:2], *([remedy] for remedy in tried[2:])]


A, B, C = ({"kind": "non_centered", "names": [name]} for name in "abc")
SMALL = {"target_accept": 0.99}


def only_with(*needed):
    """Every run passes where all of these steps are taken, and none without."""
    return lambda each: (
        [False] * 3
        if each.remedy == UNCHANGED
        else [True] * (3 if each.more else 4)
        if all(step in each.remedy.steps for step in needed)
        else [False]
    )


def test_a_cure_of_several_parts_is_tried_without_each_and_without_all_that_it_can_do_without():
    whole, kept = Remedy.of([A, B, C], SMALL), Remedy.of([A, B])
    wanted, outcomes = rounds(Proposal((Remedy.of([A]), Remedy.of([B])), (whole,)), only_with(A, B))
    assert [each.remedy for each in wanted[4:]] == [*whole.without_each(), kept]
    cures = [each.remedy for each in wanted if judgment(each.remedy, outcomes) == "cures"]
    assert min(cures, key=lambda each: each.parts) == kept


def test_a_setting_that_is_needed_stays_where_steps_are_left_out():
    whole, kept = Remedy.of([A, B, C], SMALL), Remedy.of([A], SMALL)

    def cures(each):
        passes = A in each.remedy.steps and bool(each.remedy.sampler)
        return [passes] * (1 if not passes and each.remedy != UNCHANGED else 3 if each.more else 4)

    wanted, _ = rounds(Proposal((Remedy.of([B]),), (whole,)), cures)
    assert [each.remedy for each in wanted[3:]] == [*whole.without_each(), kept]


@pytest.mark.parametrize(("slower", "rest"), [(0.9, [Remedy.of([A])]), (1.1, [])])
def test_a_part_without_which_sampling_is_half_as_efficient_is_not_left_out(slower, rest):
    cures = only_with(A)
    whole = Remedy.of([A, B, C], SMALL)
    proposal = Proposal((Remedy.of([B]),), (whole,))
    outcomes = {
        each: cures(each) for each in map(Asked, (UNCHANGED, Remedy.of([B]), whole, *whole.without_each()))
    }
    efficiency = {whole: 3.0, **dict.fromkeys(whole.without_each(), 3.0 - slower)}
    found = [each.remedy for each in asked(proposal, outcomes, efficiency)]
    assert found == [UNCHANGED, Remedy.of([B]), whole, *whole.without_each(), *rest]


def test_the_efficiency_of_a_run_is_read_where_trials_write_it():
    variables = [{"name": "x", "size": 1, "rhat_max": 1.0, "ess_bulk_min": 800.0, "ess_tail_min": 900.0}]
    figures = {"n_draws": 4000, "n_steps_mean": 7.0, "min_ess": 800.0, "variables": variables}
    found = efficiency_of({"readings": readings(figures, "digest", True)})
    assert found == pytest.approx(math.log2(1000 * 800 / (4000 * 7)))
    assert efficiency_of({"readings": {}}) is None


def test_where_all_parts_are_needed_that_is_all():
    whole = Remedy.of([A, B, C])
    wanted, _ = rounds(Proposal((Remedy.of([A]),), (whole,)), only_with(A, B, C))
    assert [each.remedy for each in wanted[3:]] == whole.without_each()


@pytest.mark.parametrize(("parts", "without"), [(6, 6), (7, 0)])
def test_a_cure_of_very_many_parts_stays_whole(parts, without):
    steps = [{"kind": "non_centered", "names": [str(n)]} for n in range(parts)]
    wanted, _ = rounds(Proposal((Remedy.of([A]),), (Remedy.of(steps),)), only_with(*steps))
    assert len(wanted) == 3 + without


def test_a_change_is_tried_without_each_of_its_parts():
    assert Remedy.of([A, B], SMALL).without_each() == [
        Remedy.of([A, B]),
        Remedy.of([B], SMALL),
        Remedy.of([A], SMALL),
    ]
    both = Remedy.of(sampler={"target_accept": 0.99, "metric": "dense"})
    assert {each.text for each in both.without_each()} == {
        Remedy.of(sampler=SMALL).text,
        Remedy.of(sampler={"metric": "dense"}).text,
    }


def test_what_a_cure_can_do_without_is_left_out_only_once_each_part_was_left_out():
    whole = Remedy.of([A, B, C])
    known = [UNCHANGED, Remedy.of([B]), whole, *whole.without_each()]
    outcomes = {Asked(each): only_with(A)(Asked(each)) for each in known}
    assert asked(Proposal((Remedy.of([B]),), (whole,)), outcomes)[-1] == Asked(Remedy.of([A]))
    still_runs = {each: runs for each, runs in outcomes.items() if each.remedy != Remedy.of([B, C])}
    assert Asked(Remedy.of([A])) not in asked(Proposal((Remedy.of([B]),), (whole,)), still_runs)


@pytest.mark.parametrize(
    ("kind", "chains"),
    [("ordered", 4), ("signs", 4), ("cut", 4), ("half_turn", 4), ("non_centered", 1), ("rotated", 1)],
)
def test_where_modes_are_suspected_four_chains_show_whether_they_meet(kind, chains):
    proposal = Proposal((Remedy.of([A]), Remedy.of([{"kind": kind, "names": ["mu"]}])))
    assert proposal.least_chains == chains


def test_a_model_that_passes_once_is_run_three_more_times():
    wanted, outcomes = rounds(
        Proposal((ONE,)),
        lambda each: (
            [not each.more, False, False] if each.remedy == UNCHANGED else [True] * (3 if each.more else 4)
        ),
    )
    assert wanted == [Asked(UNCHANGED), Asked(ONE), Asked(UNCHANGED, more=True), Asked(ONE, more=True)]
    assert judgment(ONE, outcomes) == "cures"


def test_a_run_that_came_to_no_end_decides_nothing():
    _, outcomes = rounds(Proposal((ONE,)), lambda each: [])
    assert judgment(ONE, outcomes) == "undecided"


def test_whatever_happens_the_asking_ends():
    """What was asked for stays asked for, so that it ends: for every outcome of a few hundred random ones."""
    chance = random.Random(1)
    for _ in range(300):
        share = chance.random()

        @functools.cache
        def run(each, share=share):
            fresh = 3 if each.remedy == UNCHANGED or each.more else 4
            return [chance.choices([True, False, None], [share, 1 - share, 0.1])[0] for _ in range(fresh)]

        rounds(Proposal((ONE, OTHER), (BOTH,)), run)
        run.cache_clear()
        rounds(Proposal((Remedy.of([A]),), (Remedy.of([A, B]), Remedy.of([A, B, C], SMALL))), run)


def test_a_change_that_does_nothing_is_seldom_called_a_cure():
    """Whatever the share of runs that pass: with 3 of 3 against none, or 6 of 6 against at most 2."""
    worst = 0.0
    for share in [number / 50 for number in range(51)]:
        chance = 0.0
        for runs in itertools.product([True, False], repeat=6):
            likely = share ** sum(runs) * (1 - share) ** (6 - sum(runs))
            first = judged(runs[:3], [True] * 3)
            if first == "cures":
                chance += likely * share**3
            elif first == "wants_more" and judged(runs, [True] * 6) == "cures":
                chance += likely * share**6
        worst = max(worst, chance * share)  # and the screening
    assert 0.005 < worst < 0.02
