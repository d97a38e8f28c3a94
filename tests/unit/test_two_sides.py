"""Two scenarios that are compared: from settings to a study, from its runs to the commit that is named, and what is refused."""

from dataclasses import replace
from pathlib import Path

import pytest
from repositories import Repo
from test_trials_answer import ANSWER
from trial_toys import answered, run

from faultline.core.commits import WORKING_TREE, Commit
from faultline.core.configuration import changed, configuration
from faultline.core.errors import InputError
from faultline.criteria.trials.runs import Criterion, Run, Study, Toggle, Wanted
from faultline.criteria.trials.wanted import wanted
from faultline.diagnosis.answer import Shown
from faultline.diagnosis.trials.answer import amended, headlines
from faultline.diagnosis.trials.judging import judged
from faultline.plan.config import load
from faultline.plan.requests import Planner
from faultline.plan.trials import as_json, trial
from faultline.plan.two_sides import two_sides
from faultline.report.trials_page import markdown
from faultline.store.objects import Store
from faultline.targets.case import read_signature

PIPELINE = """
from typing import Literal

SCENARIOS = {"small": {"n": 1}, "large": {"n": 2}}
CRITERIA = {"fit.loss": {"at_most": 1, "words": "the loss"}}
PRESETS = {"careful": {"rate": "low"}}


def fit(run, *, rate: Literal["low", "high"] = "high", depth: Literal["flat", "deep"] = "flat"):
    return run.output()
"""
MODEL = """
from typing import Literal


def build(data=None, *, part: bool = True, scale: Literal["plain", "log"] = "plain"):
    raise ValueError("never built here")
"""


@pytest.fixture
def repo(tmp_path) -> Repo:
    """Four commits; the first has no toggle and another limit, the last but one cannot be parsed."""
    made = Repo(tmp_path / "repo")
    before = PIPELINE.replace(
        ', *, rate: Literal["low", "high"] = "high", depth: Literal["flat", "deep"] = "flat"', ""
    )
    made.commit("First", {"pipe.py": before.replace('PRESETS = {"careful": {"rate": "low"}}', "")})
    made.commit("Toggles", {"pipe.py": PIPELINE, "model.py": MODEL})
    made.commit("Broken", {"pipe.py": "def fit(:"})
    made.commit("Last", {"pipe.py": PIPELINE.replace('"at_most": 1', '"at_most": 2')})
    return made


@pytest.fixture
def compared(repo):
    def made(works, fails=None, file="pipe.py", **settings):
        case = str(repo.root / file)
        asked = {"case": case, "dataset": None, "compare": {"works": works, "fails": fails or {}}, **settings}
        return two_sides(read_signature(case), load(asked), repo.root.parent / "store" / "revisions")

    return made


def test_what_both_sides_differ_in_is_what_is_changed(compared):
    found = compared({"variants": "careful"}, {"dataset": "large", "variants": {"depth": "deep"}})
    study = found.study
    assert dict(study.failing) == {"rate": "high", "depth": "deep", "scenario": "large"}
    assert dict(study.repaired) == {"rate": "low", "depth": "flat", "scenario": "small"}
    assert {(toggle.name, toggle.choices) for toggle in study.toggles} == {
        ("rate", ("high", "low")),
        ("depth", ("deep", "flat")),
        ("scenario", ("large", "small")),
    }
    assert study.compares and study.commits == () and found.repository is None
    assert found.fails.settings.dataset == "large" and found.fails.settings.variants == {"depth": "deep"}


def test_a_side_without_a_revision_is_the_case_as_it_stands(compared, repo):
    study = compared({"revision": "HEAD~2"}).study
    assert [(toggle.name, toggle.choices[0]) for toggle in study.toggles] == [("revision", WORKING_TREE)]
    assert [commit.subject for commit in study.commits] == ["Toggles", "Broken", "Last", ""]
    assert dict(study.repaired) == {"revision": study.commits[0].name}
    assert study.commits[-1] == Commit() and not study.commits_backward
    assert study.of(as_json(study)) == study


def test_the_side_that_works_may_be_the_later_one(compared):
    study = compared({}, {"revision": "HEAD~2"}).study
    assert study.commits_backward
    assert [commit.subject for commit in study.commits] == ["", "Last", "Broken", "Toggles"]


def test_head_and_what_is_not_committed_can_be_compared(compared, repo):
    assert [commit.subject for commit in compared({"revision": "HEAD"}).study.commits] == ["Last", ""]
    assert [c.subject for c in compared({}, {"revision": "HEAD"}).study.commits] == ["", "Last"]


def test_of_two_branches_the_way_begins_where_they_part(compared, repo):
    repo.git("checkout", "-qb", "side", "HEAD~2")
    repo.commit("On the side", {"side.txt": ""})
    study = compared({"revision": "main"}, {"revision": "side"}).study
    assert [commit.subject for commit in study.commits] == ["Toggles", "On the side"]
    assert dict(study.repaired)["revision"] not in [commit.name for commit in study.commits]


def test_choices_that_nobody_names_are_those_of_each_revision(compared):
    """The first commit has no toggles, and can be compared all the same."""
    assert {toggle.name for toggle in compared({"revision": "HEAD~3"}).study.toggles} == {"revision"}
    both = compared({"revision": "HEAD~2", "variants": "careful"}).study
    assert {toggle.name for toggle in both.toggles} == {"revision", "rate"}


def test_a_larger_budget_that_one_revision_lacks_is_not_asked_for(compared, repo):
    budget = f"""BUDGET = {{"rate": "low"}}\n{PIPELINE}"""
    repo.commit("Budget", {"pipe.py": budget})
    assert compared({"revision": "HEAD~1"}).study.larger
    assert not compared({"revision": "HEAD~4"}).study.larger


def test_of_a_model_components_variants_and_data_are_compared(compared, tmp_path, monkeypatch):
    (tmp_path / "short.csv").write_text("a\n1\n")
    found = compared(
        {"components": {"part": False}, "dataset": str(tmp_path / "short.csv")},
        {"variants": {"scale": "log"}},
        "model.py",
    )
    assert dict(found.study.failing) == {"part": "on", "scale": "log", "dataset": "none"}
    made = trial(Wanted(found.study.repaired, (1,)), found.fails.signature, found.commits)
    assert (made.components, made.dataset) == ({"part": False}, str(tmp_path / "short.csv"))
    assert made.change.variants == {"scale": "plain"} and made.revision is None
    monkeypatch.setenv("FAULTLINE_STORE", str(tmp_path / "store"))
    side = found.fails
    planner = Planner(Store(), side.settings, side.signature, {}, sides=found)
    asking = [Wanted(which, found.study.fresh) for which in (found.study.repaired, found.study.failing)]
    plan = planner.plan([], (), found.study, asking)
    data = [plan.requests[key]["dataset"] for key in plan.trials.measured]
    assert data[0]["path"] == str(tmp_path / "short.csv") and data[1] is None


@pytest.mark.parametrize(
    ("works", "fails", "words"),
    [
        ({}, {}, "both sides are the same"),
        ({"revision": "HEAD"}, {"revision": "main"}, "both sides are the same"),
        ({"revision": "v9"}, {}, r"compare\.works\.revision: git knows no commit 'v9'"),
        ({"revision": "HEAD~1"}, {}, r"compare\.works\.revision: .* is not valid Python"),
        ({"variants": {"rate": "lowest"}}, {}, r"compare\.works: variant rate .* must be one of low, high"),
        ({"dataset": "huge"}, {}, r"compare\.works: case .* has no scenario 'huge'"),
        ({"revision": "HEAD~3", "variants": {"rate": "low"}}, {}, "in commit .* has no variant 'rate'"),
        (
            {"revision": "HEAD~3"},
            {"variants": {"rate": "low"}},
            "in commit .* has no 'rate', which the other side",
        ),
    ],
)
def test_what_cannot_be_compared_is_one_sentence(compared, works, fails, words):
    with pytest.raises(InputError, match=words):
        compared(works, fails)


def test_a_choice_that_one_revision_lacks_is_one_sentence(compared, repo):
    repo.commit("More", {"pipe.py": PIPELINE.replace('"low", "high"', '"low", "high", "highest"')})
    with pytest.raises(InputError, match="compare: rate has no 'highest' in .* in commit"):
        compared({"revision": "HEAD~1"}, {"variants": {"rate": "highest"}})


def test_a_choice_that_is_called_revision_cannot_be_told_from_one(compared, repo):
    repo.commit("Named", {"pipe.py": PIPELINE.replace("depth:", "revision:")})
    with pytest.raises(InputError, match="calls a choice of its own revision"):
        compared({"revision": "HEAD"})


def test_trials_and_a_comparison_cannot_both_be_asked_for(compared):
    with pytest.raises(InputError, match="compare says what the trials change, and so does trials"):
        compared({"revision": "HEAD~2"}, trials="variants")


def test_a_request_names_the_commit_and_what_has_to_hold_now(compared, repo, monkeypatch):
    monkeypatch.chdir(repo.root.parent)
    monkeypatch.setenv("FAULTLINE_STORE", "store")
    sides = compared({"revision": "HEAD~2"})
    side = sides.fails
    planner = Planner(Store(), side.settings, side.signature, {}, sides=sides)
    asking = [
        Wanted(changed(sides.study.failing, {"revision": commit.name}), (side.settings.seed,))
        for commit in sides.study.commits
    ]
    plan = planner.plan([], (), sides.study, asking)
    requests = [plan.requests[key] for key in plan.trials.measured]
    old, *_, now = requests
    assert Path(old["case"]).read_text() == PIPELINE and old["variants"] == {"rate": "high", "depth": "flat"}
    assert old["case"].startswith(f"store/revisions/{old['revision']['commit']}/")
    assert old["declared"]["CRITERIA"]["fit.loss"]["at_most"] == 2 and old["revision"]["stands_for"] == "repo"
    assert "revision" not in now and now["case"] == side.settings.case
    # One commit cannot be read. A search passes it by.
    assert ["not valid Python" in why for why in plan.trials.left_out.values()] == [True]
    assert [dict(each.configuration)["revision"] for each in plan.trials.left_out] == [
        sides.study.commits[1].name
    ]


# --- from runs to the commit

ROW = (*(Commit(f"c{n}", f"{n}" * 40, f"Step {n}", f"2026-03-{n + 1:02}") for n in range(12)), Commit())
ERROR = Criterion("fit.error", "lower", 0.02)


def searched(works=lambda n: n < 7, row=ROW, **about):
    """The study of a comparison of revisions, its runs, and what ``trials.json`` says; ``works`` of the place in the row."""
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
        return Run(seed) if found is None else run(0.01 if found else 0.5, seed)

    results = answered(study, error, rounds=30)
    return study, results, told(study, results)


def told(study, results):
    rows = [
        {
            "configuration": dict(which),
            "larger": False,
            "request": "0" * 32,
            "error": None,
            "runs": [
                {
                    "seed": each.seed,
                    "digest": each.digest,
                    "raised": each.raised,
                    "readings": {name: vars(reading) for name, reading in each.readings.items()},
                }
                for each in runs
            ],
        }
        for which, runs in results.items()
    ]
    return judged(as_json(study), rows)


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
    assert "`revision` set to `c0` cures `fit.error` alone." in headlines(trials)


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
