"""Minimal sets of changes, two scenarios and bisection, by simulation: outcomes that err, that are unknown, that are not monotone."""

import random
import statistics
from collections.abc import Callable, Mapping

import pytest

from faultline.core.configuration import Configuration, changed, configuration, differences
from faultline.criteria.trials.bisection import bisect
from faultline.criteria.trials.minimal_set import MinimalSet, minimal_set
from faultline.criteria.trials.runs import Reading, Run
from faultline.criteria.trials.votes import MOST_RUNS, known

NAMES = tuple(f"t{i:02d}" for i in range(40))
BAD = configuration(dict.fromkeys(NAMES, "bad"))
GOOD = configuration(dict.fromkeys(NAMES, "good"))
REPAIRS, FAULTS = differences(BAD, GOOD), differences(GOOD, BAD)
SEEDS = range(40)
SIMULATED = 1000


class Oracle(Mapping):
    """The outcomes of all runs there could be, each made when it is looked at."""

    def __init__(self, holds: Callable[[dict[str, str]], bool | None], seed=0, errs=0.0, unknown=0.0) -> None:
        self.holds, self.random, self.errs, self.unknown = holds, random.Random(seed), errs, unknown
        self.made: dict = {}

    def __contains__(self, key) -> bool:
        return True

    def __getitem__(self, key):
        if key not in self.made:
            outcome = self.holds(dict(key[0]))
            if outcome is not None and self.random.random() < self.errs:
                outcome = not outcome
            self.made[key] = None if self.random.random() < self.unknown else outcome
        return self.made[key]

    def __iter__(self):
        return iter(self.made)

    def __len__(self) -> int:
        return len(self.made)


def planted(seed: int, n: int) -> list[str]:
    return random.Random(f"planted {seed}").sample(NAMES, n)


def cure(seed: int, n=3, **oracle) -> tuple[MinimalSet, bool]:
    """A cure that needs ``n`` repairs together, and whether it is found."""
    needed = planted(seed, n)
    found, _ = minimal_set(
        BAD, GOOD, Oracle(lambda c: all(c[t] == "good" for t in needed), seed, **oracle), SEEDS, holds=True
    )
    return found, dict(found.changes) == dict.fromkeys(needed, "good")


def symptom(seed: int, n=3, **oracle) -> tuple[MinimalSet, bool]:
    """A symptom that needs ``n`` faulty choices together, sought from the repaired side."""
    needed = planted(seed, n)
    found, _ = minimal_set(
        GOOD, BAD, Oracle(lambda c: any(c[t] == "good" for t in needed), seed, **oracle), SEEDS, holds=False
    )
    return found, dict(found.changes) == dict.fromkeys(needed, "bad")


@pytest.mark.parametrize("toy", [cure, symptom])
def test_three_of_forty_need_at_most_35_configurations(toy):
    found = [toy(seed) for seed in range(SIMULATED)]
    assert all(right for _, right in found)
    assert max(answer.beyond_singles for answer, _ in found) <= 35
    assert max(answer.runs for answer, _ in found) <= 90
    assert all(answer.with_all.holds + answer.with_all.fails == 3 for answer, _ in found)
    assert not any(answer.not_monotone for answer, _ in found)


@pytest.mark.parametrize("toy", [cure, symptom])
def test_with_one_run_in_twenty_wrong_it_is_right_and_never_wrong_with_confidence(toy):
    found = [toy(seed, errs=0.05) for seed in range(SIMULATED)]
    right = sum(right for _, right in found)
    wrong = [answer for answer, right in found if answer.outcome == "found" and not right]
    assert right >= 0.95 * SIMULATED
    assert len(wrong) <= 0.002 * SIMULATED
    assert sum(answer.beyond_singles <= 35 for answer, _ in found) >= 0.95 * SIMULATED
    assert statistics.mean(answer.runs for answer, _ in found) < 80
    assert sum(bool(answer.not_monotone) for answer, _ in found) <= 0.002 * SIMULATED


@pytest.mark.parametrize("n", [1, 2, 4, 7])
def test_sets_of_other_sizes(n):
    found = [toy(seed, n=n, errs=0.05) for seed in range(100) for toy in (cure, symptom)]
    assert sum(right for _, right in found) >= 190
    assert all(right or answer.outcome == "undecided" for answer, right in found)


def test_unknown_outcomes_lead_to_more_runs_and_then_to_undecided():
    sure = statistics.mean(cure(seed)[0].runs for seed in range(100))
    found = [cure(seed, unknown=0.2) for seed in range(300)]
    assert statistics.mean(answer.runs for answer, _ in found) > sure
    assert all(right or answer.outcome == "undecided" for answer, right in found)
    assert sum(right for _, right in found) > 240
    none, _ = cure(0, unknown=1.0)
    assert none.outcome == "undecided" and none.changes == () and none.why


def test_a_combination_that_never_tells_leaves_a_set_open_rather_than_wrong():
    def holds(c):
        if c["t01"] == "good" and c["t02"] == "bad" and c["t03"] == "bad":
            return None
        return c["t01"] == c["t02"] == "good"

    found, _ = minimal_set(BAD, REPAIRS, Oracle(holds), SEEDS, holds=True)
    assert found.outcome == "undecided" and "without one" in found.why


def in_rounds(ask, oracle: Oracle, there=()):
    """The answer as the workflow gets it: it is asked again after each round, with what was wanted beside what was there.

    What was asked for stays asked for, and nothing else is run.
    """
    there, before = dict(there), set()
    for rounds in range(200):
        answer, wanted = ask(there)
        asked = {(want.configuration, seed) for want in wanted for seed in want.seeds}
        assert asked >= before
        if answer is not None:
            assert not asked - set(there)
            return answer, rounds
        assert asked - set(there)
        there.update({key: oracle[key] for key in asked - set(there)})
        before = asked
    raise AssertionError("it never has enough")


@pytest.mark.parametrize("errs", [0.0, 0.05])
def test_in_rounds_the_answer_is_the_same_and_nothing_is_asked_twice(errs):
    for seed in range(10):
        needed = planted(seed, 3)
        oracle = Oracle(lambda c, needed=needed: all(c[t] == "good" for t in needed), seed, errs)
        step, rounds = in_rounds(lambda there: minimal_set(BAD, REPAIRS, there, SEEDS, holds=True), oracle)
        assert step == minimal_set(BAD, REPAIRS, oracle, SEEDS, holds=True)[0]
        assert dict(step.changes) == dict.fromkeys(needed, "good") and rounds < 60


def test_the_set_and_each_removal_are_verified_on_seeds_that_the_search_did_not_see():
    """A cure by four repairs that only the first two seeds show is none."""

    class Lucky(Oracle):
        def __getitem__(self, key):
            good = [t for t in NAMES if dict(key[0])[t] == "good"]
            return len(good) == 40 or (len(good) > 3 and key[1] < 2)

    found, _ = minimal_set(BAD, REPAIRS, Lucky(None), SEEDS, holds=True)
    assert found.changes == REPAIRS  # all of them are needed, and four looked like enough


def test_what_needs_no_change_and_what_all_changes_do_not_bring_about():
    always, _ = minimal_set(BAD, REPAIRS, Oracle(lambda c: True), SEEDS, holds=True)
    assert (always.outcome, always.why) == ("not found", "it comes without any change")
    never, _ = minimal_set(BAD, REPAIRS, Oracle(lambda c: False), SEEDS, holds=True)
    assert (never.outcome, never.why) == ("not found", "all changes together do not bring it about")


def test_a_single_that_cures_where_all_together_do_not_is_told():
    oracle = Oracle(lambda c: c["t01"] == "good" and c["t02"] == "bad")
    single = changed(BAD, {"t01": "good"})
    there = {(config, s): oracle[config, s] for config in (BAD, GOOD, single) for s in SEEDS}
    found, _ = in_rounds(lambda there: minimal_set(BAD, REPAIRS, there, SEEDS, holds=True), oracle, there)
    assert found.outcome == "not found"
    assert found.not_monotone == (((("t01", "good"),), GOOD),)


def test_a_repair_that_undoes_the_others_is_named_and_left_out():
    oracle = Oracle(lambda c: c["t05"] == c["t30"] == "good" and c["t20"] == "bad")
    rest = changed(GOOD, {"t20": "bad"})
    there = {(config, s): oracle[config, s] for config in (BAD, GOOD, rest) for s in SEEDS}
    found, _ = in_rounds(lambda there: minimal_set(BAD, REPAIRS, there, SEEDS, holds=True), oracle, there)
    assert dict(found.changes) == {"t05": "good", "t30": "good"}
    assert found.undoes == (("t20", "good"),)
    assert found.not_monotone == ((tuple(c for c in GOOD if c[0] != "t20"), GOOD),)


def test_a_larger_set_that_undoes_a_smaller_one_on_the_way_is_told():
    """t39 undoes the cure where t00 is missing."""
    oracle = Oracle(lambda c: c["t05"] == c["t30"] == "good" and (c["t39"] == "bad" or c["t00"] == "good"))
    found, _ = minimal_set(BAD, tuple(reversed(REPAIRS)), oracle, SEEDS, holds=True)
    assert found.not_monotone
    for small, large in found.not_monotone:
        assert oracle.holds(dict(changed(BAD, small))) and not oracle.holds(dict(changed(BAD, large)))


def test_two_scenarios_the_differences_that_matter_and_those_that_are_ruled_out():
    works = configuration({"data": "old", "seed_rule": "x", "rate": "low", **dict.fromkeys(NAMES, "same")})
    fails = changed(works, {"data": "new", "seed_rule": "y", "rate": "high"})
    asked = {"seeds": SEEDS, "holds": False, "unique": True}
    both = Oracle(lambda c: not (c["data"] == "new" and c["rate"] == "high"))
    found, _ = minimal_set(works, differences(works, fails), both, **asked)
    assert dict(found.changes) == {"data": "new", "rate": "high"}
    assert found.unique and found.others == (("seed_rule", "y"),)
    one = Oracle(lambda c: c["data"] == "old" and c["rate"] == "low")
    either, _ = minimal_set(works, differences(works, fails), one, **asked)
    assert len(either.changes) == 1 and not either.unique  # the other one does it as well


def row(n=32) -> list[Configuration]:
    return [configuration({"revision": f"{i:02d}"}) for i in range(n)]


@pytest.mark.parametrize("first_bad", [1, 2, 15, 16, 30, 31])
def test_bisection_finds_the_commit(first_bad):
    oracle = Oracle(lambda c: int(c["revision"]) < first_bad)
    found, _ = in_rounds(lambda there: bisect(row(), there, SEEDS), oracle)
    assert (found.outcome, found.works, found.fails) == ("found", first_bad - 1, first_bad)
    assert len(found.counts) <= 8 and not found.not_monotone


def test_bisection_with_one_run_in_twenty_wrong():
    right = wrong = 0
    for seed in range(SIMULATED):
        first_bad = random.Random(f"bad {seed}").randint(1, 31)
        oracle = Oracle(lambda c, bad=first_bad: int(c["revision"]) < bad, seed, 0.05)
        found, _ = in_rounds(lambda there: bisect(row(), there, SEEDS), oracle)
        right += found.outcome == "found" and found.fails == first_bad
        wrong += found.outcome == "found" and found.fails != first_bad
    assert right >= 0.99 * SIMULATED
    assert wrong <= 0.002 * SIMULATED


def test_commits_that_do_not_build_are_passed_over_and_bound_the_answer():
    broken = {15, 16, 17}
    oracle = Oracle(lambda c: None if int(c["revision"]) in broken else int(c["revision"]) < 20)
    found, _ = bisect(row(), oracle, SEEDS)
    assert (found.outcome, found.fails) == ("found", 20)
    assert set(found.undecided) <= broken
    between, _ = bisect(
        row(), Oracle(lambda c: None if int(c["revision"]) in broken else int(c["revision"]) < 16), SEEDS
    )
    assert (between.outcome, between.works, between.fails) == ("between", 14, 18)
    assert between.undecided == (15, 16, 17)


def test_what_is_known_of_commits_is_not_asked_again():
    oracle = Oracle(lambda c: int(c["revision"]) < 21)
    there = {(config, s): oracle[config, s] for config in row()[15:24] for s in SEEDS}
    oracle.made.clear()
    found, rounds = in_rounds(lambda there: bisect(row(), there, SEEDS), oracle, there)
    assert (found.works, found.fails) == (20, 21)
    assert {config for config, _ in oracle.made} == {row()[0], row()[31]} and rounds == 2


def test_a_row_that_is_not_monotone_is_told():
    bad = {10, 11, 12, 25, 26, 27, 28, 29, 30, 31}
    oracle = Oracle(lambda c: int(c["revision"]) not in bad)
    there = {(row()[11], s): oracle[row()[11], s] for s in SEEDS}
    found, _ = in_rounds(lambda there: bisect(row(), there, SEEDS), oracle, there)
    assert found.outcome == "found" and found.fails in (10, 25)
    assert found.fails == 10 or found.not_monotone[0][0] == 11


def test_a_row_without_a_failure_at_its_end():
    assert bisect(row(), Oracle(lambda c: True), SEEDS)[0].why == "the last one works"
    assert bisect(row(), Oracle(lambda c: False), SEEDS)[0].why == "the first one fails"
    nothing, _ = bisect(row(), Oracle(lambda c: None), SEEDS)
    assert nothing.outcome == "undecided" and nothing.runs <= 2 * MOST_RUNS


def test_runs_of_labels_are_outcomes_of_votes():
    runs = [
        Run(1, {"fit": Reading(True)}),
        Run(2, {}, raised=True),
        Run(3),
        Run(4, {"fit": Reading(True)}, larger=True),
    ]
    assert known({BAD: runs}, "fit") == {(BAD, 1): True, (BAD, 2): False, (BAD, 3): None}
    assert known({BAD: runs}, "fit", larger=True) == {(BAD, 4): True}
