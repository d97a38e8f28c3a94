"""``faultline diagnose`` and ``faultline report`` in the tests' own process: Snakemake's events are given."""

import json
import os
import time
from pathlib import Path

import pytest
from repositories import Repo

from faultline import __main__ as commands
from faultline.cli import engine
from faultline.cli.times import Times
from faultline.core.record import SUITES, write_json
from faultline.diagnosis.summarise import summarise
from faultline.store.suite import Suite

CASE = "def build(dataset=None, *, part: bool = True): ..."
GROUPS = [f"group {number}" for number in (1, 2, 3, 4)]
PLANNED = {"needed": [*GROUPS, "summary"]}
SUITE = Path(SUITES, "toy")
AGAIN = "Run the same command to continue."


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("FAULTLINE_STORE", str(tmp_path / "store"))
    monkeypatch.setenv("FAULTLINE_SUITES", SUITES)
    Path("toy.py").write_text(CASE)
    return tmp_path


@pytest.fixture
def diagnose(monkeypatch, capsys):
    """Diagnose ``toy.py`` where Snakemake tells these events; the exit code, and what is printed and said."""

    def run(*options, tells=(), code=0, words=(), outcome=None, **ends) -> tuple[int, str, str]:
        def snakemake(self) -> int:
            for event in tells:
                if not self.event(event):
                    break
            self.words += words
            for name, value in ends.items():
                assert hasattr(self, name)
                setattr(self, name, value)
            return code

        monkeypatch.setattr(engine.Engine, "run", snakemake)
        if outcome:
            write_json(SUITE / "results" / "summary.json", {"outcome": outcome, "answer": {}})
            tells = [*tells, *({"answer": line} for line in ("", f"verdict: {outcome}"))]
        found = commands.main(["diagnose", "toy.py", *options])
        return found, *capsys.readouterr()

    return run


# --- how a diagnosis ends


@pytest.mark.parametrize(
    ("outcome", "code"), [("pass", 0), ("fail", 3), ("inconclusive", 4), ("error", 5), ("not_run", 4)]
)
def test_with_check_the_outcome_is_the_exit_code(diagnose, outcome, code):
    assert diagnose("--check", outcome=outcome) == (code, f"verdict: {outcome}\n", "")
    assert diagnose(outcome=outcome)[0] == 0


@pytest.mark.parametrize(
    ("tells", "missing", "said"),
    [
        ([], [], "nothing had been planned yet"),
        ([{"needed": ["group 2"]}], ["group 2"], "group 2 is missing"),
        (
            [PLANNED, {"published": "group 1: PASS"}, {"doing": ["group 3", "sampling"]}],
            GROUPS[1:],
            "group 2, group 3, group 4 are missing",
        ),
        (
            [PLANNED, *({"published": f"{label}: PASS"} for label in GROUPS)],
            ["the summary"],
            "the summary is missing",
        ),
    ],
)
def test_what_is_missing_when_the_time_is_up_is_said(diagnose, tells, missing, said):
    ends = {"tells": tells, "code": 1, "out_of_time": True}
    code, out, err = diagnose("--minutes", "5", "--check", "--json", **ends)
    assert (code, json.loads(out)) == (4, {"outcome": None, "missing": missing})
    sentence = f"The time of 5 min is used up; {said}, and finished measurements are kept. {AGAIN}"
    assert err.splitlines()[-1] == sentence
    assert diagnose("--minutes", "5", "--quiet", **ends) == (0, "", f"{sentence}\n")


@pytest.mark.parametrize(
    ("ends", "code", "last"),
    [
        ({"tells": [{"mistake": "error: no data today"}]}, 1, "error: no data today"),
        ({"tells": [{"mistake": "error: no data today"}] * 2, "code": 1}, 1, "error: no data today"),
        (
            {"tells": [{"failed": "error: group 3 ended without a result: Killed"}], "code": 1},
            70,
            "error: group 3 ended without a result: Killed",
        ),
        (
            {"tells": [{"failed": "KeyError: 3\nTraceback (most recent call last):"}]},
            70,
            "error: an error inside Faultline: KeyError: 3",
        ),
        (
            {"code": 1},
            70,
            "error: an error inside Faultline: Snakemake ended without a word.",
        ),
        ({"code": 1, "words": ["config: no such setting.", " "]}, 1, "error: config: no such setting."),
    ],
)
def test_a_mistake_is_1_and_an_error_inside_is_70(diagnose, ends, code, last):
    found, out, err = diagnose("--quiet", outcome="pass", **ends)
    assert (found, out, err.splitlines()[-1]) == (code, "", last)
    assert code == 70 or err.count("\n") == 1


def test_a_mistake_ends_the_run_and_an_error_inside_shows_its_trace(diagnose):
    heard = [{"failed": "error: no data today"}, {"failed": "error: never heard"}]
    assert diagnose(tells=heard)[2] == "error: no data today\n"
    heard = [{"trace": "Traceback: here"}, {"failed": "error: an error inside Faultline: KeyError: 3"}]
    said = diagnose("--quiet", tells=heard, words=["Exiting."])[2].splitlines()
    assert said == ["Exiting.", "Traceback: here", "error: an error inside Faultline: KeyError: 3"]


def test_what_fails_because_the_run_is_being_stopped_is_no_mistake(monkeypatch):
    heard = []
    run = engine.Engine([], lambda event: heard.append(event) or "mistake" not in event, lambda: None, None)
    monkeypatch.setattr(run, "_stop", lambda: setattr(run, "stop_by", 1.0))
    for event in (
        {"failed": "error: a"},
        {"mistake": "error: b"},
        {"failed": "error: c"},
        {"doing": ["d", "e"]},
    ):
        run._hear(json.dumps(event))
    assert heard == [{"failed": "error: a"}, {"mistake": "error: b"}, {"doing": ["d", "e"]}]


def test_the_minutes_are_those_of_the_whole_run(monkeypatch):
    deadlines = []
    monkeypatch.setattr(engine.Engine, "run", lambda self: deadlines.append(self.deadline) or 0)
    commands.main(["diagnose", "toy.py", "--minutes", "5"])
    commands.main(["diagnose", "toy.py"])
    assert deadlines == [pytest.approx(time.monotonic() + 300, abs=30), None]


def test_an_interrupted_run_says_how_to_go_on(diagnose):
    assert diagnose("--quiet", interrupted=True, code=1) == (130, "", f"Interrupted. {AGAIN}\n")


def test_json_is_the_summary_and_where_it_is(diagnose):
    code, out, _ = diagnose("--json", outcome="fail")
    assert code == 0 and json.loads(out) == {"outcome": "fail", "answer": {}, "folder": str(SUITE)}


@pytest.mark.parametrize(
    ("measured", "code", "whole"), [(GROUPS, 0, True), (GROUPS[1:], 0, False), (GROUPS, 1, False)]
)
def test_what_a_whole_run_takes_is_remembered_of_one_that_measured_all(diagnose, measured, code, whole):
    at_work = [{"doing": [label, "sampling"]} for label in measured]
    diagnose(tells=[*at_work, *({"line": f"{label}: measured"} for label in measured)], code=code)
    assert set(Times("toy", {label: label for label in GROUPS}).known["toy"]) - {"all"}
    assert ("all" in Times("toy", {}).expected) is whole


# --- data of a case


@pytest.mark.parametrize(
    ("name", "loads", "code"), [("y.xlsx", True, 0), ("y.xlsx", False, 1), ("y.csv", False, 0)]
)
def test_a_case_with_its_own_load_dataset_reads_any_file(diagnose, name, loads, code):
    Path("toy.py").write_text(CASE + "\ndef load_dataset(path): ..." * loads)
    Path(name).write_text("y\n1\n")
    found, _, err = diagnose("--data", name)
    assert (found, err.count("\n")) == (code, code)
    assert not code or "'y.xlsx' is of a kind that Faultline does not read" in err


# --- the report again


def reported(name: str = "toy") -> Suite:
    """A suite whose summary, of one group, is that of what was asked."""
    suite = Suite(Path(SUITES, name))
    suite.remember("toy.py", None)
    asked = {
        "summary": {"groups": {"group_1_a": "j"}},
        "group_1_a": dict.fromkeys(("measured", "judged", "plotted"), "m"),
    }
    answer = summarise([])["answer"] | {"outcome": "pass", "headline": f"no fault found in {name}"}
    for at, request in asked.items():
        suite.ask(at, {"key": f"key of {at}", **request})
        with suite.publishing(at, f"key of {at}") as publication:
            publication.write(f"report_{at}.html", "")
            if at == "summary":
                publication.write("results/summary.json", {"outcome": "pass", "answer": answer})
    return suite


@pytest.fixture
def report(capsys):
    def run(*arguments: str) -> tuple[int, str, str]:
        return commands.main(["report", *arguments]), *capsys.readouterr()

    return run


def test_the_report_is_that_of_the_only_suite_or_of_the_one_that_is_named(report):
    none = f"there is no report in {SUITES}; run faultline diagnose MODEL first."
    assert report() == (1, "", f"error: {none}\n")
    reported()
    code, out, _ = report()
    first, *_, last = out.splitlines()
    assert (code, first.split()) == (0, ["verdict:", "PASS"]) and "no fault found in toy" in out
    assert last.split() == ["page:", f"{SUITE}/report_summary.html"]
    reported("other")
    there = "these have one: other, toy"
    several = f"there are several suites; {there}: name one, as in faultline report other."
    assert report() == (1, "", f"error: {several}\n")
    unknown = f"there is no report of a suite mine; {there}; run faultline diagnose first."
    assert report("mine") == (1, "", f"error: {unknown}\n")
    for named in ("other", f"{SUITES}/other"):
        assert "no fault found in other" in report(named)[1]


@pytest.mark.parametrize("name", ["summary", "group_1_a"])
def test_a_report_of_something_else_than_was_asked_last_is_refused(report, name):
    suite = reported()
    suite.ask(name, {**suite.asked(name), "key": "another"})
    sentence = f"the report in {SUITE} is not of what was asked last; run faultline diagnose toy.py again."
    assert report() == (1, "", f"error: {sentence}\n")


def test_a_file_that_the_report_needs_has_to_be_there(report):
    reported()
    os.remove(SUITE / "report_group_1_a.html")
    sentence = f"{SUITE}/report_group_1_a.html is missing; run faultline diagnose toy.py again."
    assert report() == (1, "", f"error: {sentence}\n")


# --- it worked before


def test_works_names_a_revision_of_the_repository_that_the_model_stands_in(diagnose, folder):
    code, _, said = diagnose("--works", "v1")
    assert code == 1 and "toy.py is in no git repository" in said
    repo = Repo(folder)
    old = repo.commit("First", {"toy.py": CASE})
    code, _, said = diagnose("--works", "v1")
    assert code == 1 and said.endswith("that git log shows.\n") and "compare.works.revision" in said
    assert diagnose("--works", old, tells=[PLANNED])[0] == 0
    code, _, said = diagnose("--works", old, "--set", "compare.works.revision=v1")
    assert code == 1 and "compare.works.revision is set twice" in said
