"""Two scenarios that are compared: from runs to what is said of them, and to the commit that is named."""

from dataclasses import replace

import pytest
from test_trials_answer import ANSWER
from trial_toys import answered, rows_of, run
from trial_toys import told as as_told

from faultline.core.commits import Commit
from faultline.core.configuration import configuration
from faultline.criteria.trials.runs import Criterion, Run, Study, Toggle
from faultline.criteria.trials.wanted import wanted
from faultline.diagnosis.answer import Shown
from faultline.diagnosis.trials.answer import amended
from faultline.diagnosis.trials.found import headlines
from faultline.report.trials_page import markdown

ROW = (*(Commit(f"c{n}", f"{n}" * 40, f"Step {n}", f"2026-03-{n + 1:02}") for n in range(12)), Commit())
ERROR = Criterion("fit.error", "lower", 0.02)


def searched(works=lambda n: n < 7, row=ROW, wrong=0.5, **about):
    """The study of a comparison of revisions, its runs, and what ``trials.json`` says.

    ``works``: of the place in the row; where it does not, the error is ``wrong``.
    """
    ends = row[0].name, row[-1].name
    study = Study(
        toggles=(Toggle("revision", ends[::-1]),),
        failing=configuration({"revision": ends[1]}),
        repaired=configuration({"revision": ends[0]}),
        **{"criteria": (ERROR,), "screening": 0, "fresh": (1, 2, 3), "compares": True, "commits": row},
        **about,
    )
    places = {commit.name: n for n, commit in enumerate(row)}

    def error(choices, seed, larger):
        found = works(places[choices["revision"]])
        if isinstance(found, str):  # the exception that it raises
            return run(found, seed, larger)
        return Run(seed) if found is None else run(0.01 if found else wrong, seed, larger)

    results = answered(study, error, rounds=30)
    return study, results, told(study, results)


def told(study, results):
    return as_told(study, rows_of(results))


@pytest.mark.parametrize("first", range(1, 13))
def test_the_first_commit_that_fails_is_named_with_the_last_that_works(first):
    _, results, trials = searched(lambda n: n < first)
    found = trials["bisection"]
    assert (found["works"]["name"], found["fails"]["name"]) == (ROW[first - 1].name, ROW[first].name)
    assert len(results) <= 7 and len(found["tried"]) == len(results)
    what = f'Commit `c{first}` ("Step {first}", 2026-03-{first + 1:02}) breaks'
    if first == 12:
        what = "What is not committed breaks"
    last = "commit " * (first == 12)
    assert headlines(trials) == [f"{what} `fit.error`; `c{first - 1}` is the last {last}that works."]
    answer = amended(ANSWER, trials)
    assert answer.headline == headlines(trials)[0].rstrip(".") and answer.sure == "high"
    assert answer.part == (ROW[first].name,)
    newer = "" if first == 12 else f" c{first}"
    # What the groups of the ladder have named stays, below.
    assert answer.change == (f"Look at `git diff c{first - 1}{newer}`.", *ANSWER.change)
    assert answer.also == (ANSWER.headline,)
    assert "## Which commit" in markdown(trials)


@pytest.mark.parametrize("wrong", [None, float("nan"), float("inf"), 1e300])
def test_a_commit_that_raises_or_gives_no_number_is_found_as_well(wrong):
    assert searched(lambda n: n < 3, wrong=wrong)[2]["bisection"]["fails"]["name"] == "c3"


@pytest.mark.parametrize("raises", [(3,), (5, 6), (2, 3, 4, 5, 6, 7)])
def test_a_commit_that_raises_is_not_at_fault_for_a_figure_that_is_too_large_later(raises):
    found = searched(lambda n: "raises" if n in raises else n < 9)[2]["bisection"]
    assert (found["works"]["name"], found["fails"]["name"]) == ("c8", "c9")


def test_a_commit_that_raises_another_exception_than_the_end_is_not_at_fault():
    def works(n):
        return "ImportError" if n in (5, 6) else "ValueError" if n >= 9 else True

    found = searched(works)[2]["bisection"]
    assert (found["works"]["name"], found["fails"]["name"]) == ("c8", "c9")


def test_the_page_says_why_a_commit_gave_no_answer():
    _, _, trials = searched(lambda n: "ImportError" if n in (5, 6) else n < 9)
    page = markdown(trials)
    assert "because" in page and "ImportError in stage fit: ImportError of seed" in page


def test_where_the_side_that_works_raises_it_is_said_that_it_does_and_what():
    _, _, trials = searched(lambda n: "KeyError" if n == 0 else False)
    [said] = headlines(trials)
    assert said.startswith(
        "The side that works (`revision` `c0`) raises KeyError in stage `fit` (KeyError of seed"
    )
    assert said.endswith(": there is nothing to compare.") and "does not hold" not in said


@pytest.mark.parametrize("larger", [True, False])
def test_a_larger_budget_is_asked_of_both_ends_and_of_no_commit_between_them(larger):
    _, results, trials = searched(lambda n: n < 3, larger=larger)
    repeated = {dict(which)["revision"] for which, runs in results.items() for each in runs if each.larger}
    assert repeated == ({"c0", "working tree"} if larger else set())
    assert trials["bisection"]["fails"]["name"] == "c3"


def test_where_runs_of_a_neighbor_disagree_no_commit_is_said_to_work():
    _, _, trials = searched(lambda n: n < 7)
    next(row for row in trials["bisection"]["tried"] if row["name"] == "c6").update(holds=5, fails=2)
    assert headlines(trials)[0].endswith("breaks `fit.error`; in `c6` it works in 5 of 7 runs.")
    answer = amended(ANSWER, trials)
    assert answer.sure == "medium" and answer.why.endswith("but not all")


def test_where_the_later_side_works_the_commit_that_cures_is_named():
    _, _, trials = searched(lambda n: n < 4, ROW[::-1], commits_backward=True)
    assert headlines(trials) == [
        'Commit `c9` ("Step 9", 2026-03-10) cures `fit.error`; `c8` is the last that fails.'
    ]
    said = replace(ANSWER, shown=(Shown(("group_1",), f"{ANSWER.headline} (limit: 1)"),))
    assert amended(said, trials).change == ("Look at `git diff c8 c9`.",) and amended(said, trials).also == ()


def test_commits_that_give_no_answer_are_passed_by_and_told():
    _, _, trials = searched(lambda n: None if 5 <= n <= 6 else n < 6)
    assert trials["bisection"]["outcome"] == "between" and trials["bisection"]["between"] == 2
    assert headlines(trials)[0] == (
        '`fit.error` works in `c4` ("Step 4", 2026-03-05) and fails in `c7` ("Step 7", 2026-03-08); the 2 commits between them give no '
        "answer."
    )
    answer = amended(ANSWER, trials)
    assert answer.headline == headlines(trials)[0].rstrip(".") and answer.sure == "medium"
    assert answer.change == ("Look at `git diff c4 c7`.",) and len(headlines(trials)) == 1
    _, _, trials = searched(lambda n: None if n == 5 else n < 5)
    assert "the commit between them gives no answer" in headlines(trials)[0]


def test_where_both_histories_part_and_it_fails_there_already():
    """The side that works is on another branch: `other`, which is not in the row."""
    row = (*ROW[:4],)
    study, results, _ = searched(lambda n: n == 0, row)
    works = configuration({"revision": "other"})
    study = Study(
        **{**vars(study), "repaired": works, "toggles": (Toggle("revision", (row[-1].name, "other")),)}
    )
    results = answered(study, lambda choices, seed, larger: 0.01 if choices["revision"] == "other" else 0.5)
    lines = headlines(told(study, results))
    assert lines[0] == (
        '`fit.error` fails in `c0` ("Step 0", 2026-03-01) already, where the two histories part: what works was repaired after that.'
    )


def test_where_the_data_of_a_model_differ_the_page_says_what_is_compared():
    study = Study(
        toggles=(Toggle("dataset", ("long.csv", "short.csv")),),
        failing=configuration({"dataset": "long.csv"}),
        repaired=configuration({"dataset": "short.csv"}),
        criteria=(ERROR,),
        screening=0,
        fresh=(1, 2, 3),
        compares=True,
    )
    trials = told(study, answered(study, lambda c, seed, _: 0.5 if c["dataset"] == "long.csv" else 0.01))
    assert headlines(trials)[0] == "`dataset` set to `short.csv` cures `fit.error` alone."
    assert "The data differ, and so do the posteriors: only how well the sampler works" in markdown(trials)


def test_what_works_and_fails_more_than_once_is_said():
    """A commit that no search would look at has run before: it is taken into account."""
    study, results, _ = searched(lambda n: n < 5)
    results[configuration({"revision": "c9"})] = [run(0.01, seed) for seed in (1, 2)]
    while missing := wanted(study, results):
        for want in missing:
            error = 0.01 if dict(want.configuration)["revision"] in ("c0", "c3", "c4", "c9") else 0.5
            results.setdefault(want.configuration, []).extend(run(error, seed) for seed in want.seeds)
    trials = told(study, results)
    assert ["c6", "c9"] in trials["bisection"]["not_monotone"]
    assert headlines(trials)[0].endswith("`c4` before it works, and others after it do as well.")
    assert amended(ANSWER, trials).sure == "medium"


def test_a_side_that_does_not_do_what_its_name_says_is_told_first():
    _, _, trials = searched(lambda n: False)
    both = "The side that works (`revision` `c0`) does not hold `fit.error` with every seed either: there is nothing to compare."
    assert headlines(trials) == [both] and trials["bisection"] is None
    answer = amended(ANSWER, trials)
    assert answer.headline == both.rstrip(".") and answer.also[0] == ANSWER.headline
    _, _, trials = searched(lambda n: True)
    assert headlines(trials) == [
        "The side that fails (`revision` `working tree`) holds every criterion: there is nothing to compare."
    ]
    assert amended(ANSWER, trials).headline.startswith("The side that fails")
    _, _, trials = searched(lambda n: None if n == 0 else False)
    assert headlines(trials) == [
        "The side that works (`revision` `c0`) gives no `fit.error`: there is nothing to compare."
    ]


def test_the_symptom_is_what_tells_both_sides_apart():
    """A criterion that neither side holds comes after one that only one side holds."""
    study = Study(
        toggles=(Toggle("rate", ("high", "low")),),
        failing=configuration({"rate": "high"}),
        repaired=configuration({"rate": "low"}),
        criteria=(Criterion("fit.never"), ERROR),
        screening=0,
        fresh=(1, 2, 3),
        compares=True,
    )

    def made(choices, seed, larger):
        never = run(9.0, seed).readings["fit.error"]
        return run(0.01 if choices["rate"] == "low" else 0.5, seed, **{"fit.never": never})

    trials = told(study, answered(study, made))
    assert trials["symptom"] == "fit.error"
    assert headlines(trials)[0] == "`rate` set to `low` cures `fit.error` alone."


def test_a_minimal_set_of_differences_flips_the_outcome():
    """Of five differences two are needed together, and the revision has no part in it."""
    names = ("a", "b", "c", "d", "revision")
    study = Study(
        toggles=tuple(Toggle(name, ("new", "old")) for name in names),
        failing=configuration(dict.fromkeys(names, "new")),
        repaired=configuration(dict.fromkeys(names, "old")),
        criteria=(ERROR,),
        screening=0,
        fresh=(1, 2, 3),
        compares=True,
        commits=(Commit("old"), Commit("mid"), Commit("new")),
    )

    def error(choices, seed, larger):
        little = 0.001 * [*choices.values()].count("new")
        return little + (0.5 if choices["b"] == choices["d"] == "new" else 0.01)

    results = answered(study, error, rounds=20)
    trials = told(study, results)
    alone = {row["toggle"]: row["alone"]["label"] for row in trials["choices"]}
    assert {name for name in names if alone[name] == "cures alone"} == {"b", "d"}
    assert alone["a"] == alone["c"] == alone["revision"] == "no effect"
    faults = next(row for row in trials["sets"] if row["of"] == "faults")
    assert set(faults["changes"]) == {"b", "d"} and faults["unique"]
    assert trials["bisection"] is None and not [c for c in results if dict(c)["revision"] == "mid"]
    assert set(trials["ruled_out"]) >= {"a", "c", "revision"}
