"""Two scenarios that are compared: from settings to a study and its requests, and what is refused."""

from pathlib import Path

import pytest
from repositories import Repo

from faultline.core.commits import WORKING_TREE, Commit
from faultline.core.configuration import changed
from faultline.core.errors import InputError
from faultline.core.record import SUITES
from faultline.criteria.trials.runs import Wanted
from faultline.plan.config import load
from faultline.plan.requests import Planner
from faultline.plan.trials import as_json, trial
from faultline.plan.two_sides import remembered, two_sides
from faultline.store.objects import Store
from faultline.store.suite import Suite
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
        return two_sides(read_signature(case), load(asked), Store(repo.root.parent / "store"))

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


def test_a_side_may_be_what_a_suite_was_of(compared, repo, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    case, store = str(repo.root / "pipe.py"), Store(repo.root.parent / "store")
    asked = load({"case": case, "dataset": "large", "variants": {"depth": "deep"}})
    suite = Suite(Path(SUITES, "before"))
    suite.remember(case, None, remembered(read_signature(case), asked, store))
    found = compared({"suite": "before"}, {"variants": {"rate": "low"}})
    assert dict(found.study.repaired) == {"rate": "high", "depth": "deep", "scenario": "large"}
    assert dict(found.study.failing) == {"rate": "low", "depth": "flat", "scenario": "small"}
    own = compared({"suite": "before", "dataset": "small"}, {"variants": {"rate": "low"}})
    assert dict(own.study.repaired)["scenario"] == "small"  # what the side itself says comes first
    with pytest.raises(
        InputError, match=r"compare.works.suite: there is no suite 'after' in tests/diagnostics; name one"
    ):
        compared({"suite": "after"})
    Suite(Path(SUITES, "other")).remember("other.py", None)
    with pytest.raises(InputError, match=r"suite 'other' is of case other\.py, and this one is .*pipe\.py"):
        compared({"suite": "other"})
    Suite(Path(SUITES, "old")).remember(case, None)
    with pytest.raises(InputError, match="suite 'old' does not say what its last run was of; run it again"):
        compared({"suite": "old"})
    (repo.root / "pipe.py").write_text((repo.root / "pipe.py").read_text() + "\n# edited\n")
    with pytest.raises(InputError, match="has been edited since suite before was made; name the revision"):
        compared({"suite": "before"})
    repo.git("checkout", "pipe.py")
    assert compared({"suite": "before"}).study
    (repo.root / "pipe.py").write_text((repo.root / "pipe.py").read_text() + "\n# edited\n")
    commit = repo.git("rev-parse", "HEAD").strip()
    assert dict(compared({"suite": "before", "revision": commit}).study.repaired)["depth"] == "deep"
