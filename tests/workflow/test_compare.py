"""Two scenarios from config.yaml and a git repository to the answer: a regression is found by bisection, and nothing is run twice."""

import json
from collections import Counter

import pytest
from harness import Project
from repositories import Repo

from faultline.core.record import read_json

pytestmark = [pytest.mark.slow, pytest.mark.long]

PIPE = """
from typing import Literal

from solver import descend

SCENARIOS = {"small": {"n": 50}}
CRITERIA = {"fit.error": {"at_most": 0.2, "words": "the distance from the true slope"}}


def simulate(run, *, noise: Literal["some", "much"] = "some"):
    x = run.rng.normal(size=run.scenario["n"])
    scale = {"some": 0.1, "much": 0.2}[noise]
    return run.output(arrays={"x": x, "y": 2 * x + scale * run.rng.normal(size=x.size)})


def fit(simulate, run):
    return run.output(facts={"error": abs(descend(simulate.x, simulate.y) - 2)})


def report(fit, run):
    return run.output(facts={"shown": round(fit.facts["error"], VERSION)})
"""
SOLVER = """
def descend(x, y):
    slope = 0.0
    for _ in range(300):
        slope += STEP * float((y - slope * x) @ x)
    return slope
"""
STEP, TOO_LONG = "1e-3", "1e-1"
FIRST_BAD = 21


def files(number: int, step: str) -> dict[str, str]:
    """What the commit of this number has: every fourth changes the last stage, and all change a page that no stage reads."""
    return {
        "model.py": PIPE.replace("VERSION", str(number // 4)),
        "solver.py": SOLVER.replace("STEP", step),
        "NOTES.md": f"Step {number}\n",
    }


@pytest.fixture(scope="module")
def regressed(tmp_path_factory) -> tuple[Project, list[str]]:
    """A finished comparison of the working tree with the first of 32 commits, and their short hashes."""
    project = Project.new(tmp_path_factory.mktemp("compare") / "project", "steps.py")
    repo = Repo(project.root)
    made = [
        repo.commit(
            f"Step {number}",
            files(number, STEP if number < FIRST_BAD else TOO_LONG),
            f"2026-{1 + number // 28:02}-{1 + number % 28:02}",
        )
        for number in range(1, 33)
    ]
    repo.git("tag", "v1", made[0])
    (project.root / "model.py").write_text((project.root / "model.py").read_text() + "\n# not committed\n")
    project.configure({"dataset": None, "compare": {"works": {"revision": "v1"}}})
    before = (
        repo.git("status", "--porcelain", "--untracked-files=no"),
        (repo.root / ".git/index").read_bytes(),
    )
    project.snakemake("report_summary")
    after = repo.git("status", "--porcelain", "--untracked-files=no"), (repo.root / ".git/index").read_bytes()
    assert before == after and repo.git("worktree", "list").count("\n") == 0
    return project, made


def trials(project: Project) -> dict:
    return read_json(project.suite / "results" / "trials.json")


def answer(project: Project) -> dict:
    return json.loads((project.suite / "results" / "summary.json").read_text())["answer"]


def requests(project: Project, stage: str) -> list[dict]:
    """The requests of this stage whose objects are in the store."""
    store = project.root / "tests" / "diagnostics" / ".store"
    keys = [path.name for path in store.glob("objects/*") if path.name[0] != "."]
    found = [json.loads((store / "requests" / f"{key}.json").read_text()) for key in keys]
    return [request for request in found if request["stage"] == stage]


def test_the_commit_is_named_on_the_first_screen(regressed):
    project, made = regressed
    bad, good = made[FIRST_BAD - 1], made[FIRST_BAD - 2]
    said = f'Commit `{bad}` ("Step 21", 2026-01-22) breaks `fit.error`; `{good}` is the last that works'
    assert answer(project)["headline"] == said and answer(project)["sure"] == "high"
    page = (project.suite / "report_summary.md").read_text()
    assert page.index(said) < page.index("What to change") < page.index(f"git diff {good} {bad}")
    assert "## Which commit" in (project.suite / "report_trials.md").read_text()
    terminal = project.terminal(project.command("trials")).stdout
    assert " ".join(said.split()) in " ".join(terminal.split())


def test_stages_are_not_made_again_where_a_commit_does_not_touch_what_they_use(regressed):
    project, _ = regressed
    stages = requests(project, "pipeline_stage")
    seeds = {request["seed"] for request in stages}
    n = Counter(request["name"] for request in stages)
    # Seven commits were looked at: one simulation for each seed, and one fit for each seed and length of the step.
    assert len(trials(project)["bisection"]["tried"]) == 7
    assert n["simulate"] == len(seeds) and len(seeds) < n["fit"] <= 2 * len(seeds)
    of_trials = [r for r in requests(project, "measure") if not r["explain"]]
    assert len({json.dumps(r.get("revision"), sort_keys=True) for r in of_trials}) == 7


def test_a_second_run_does_nothing(regressed):
    project, _ = regressed
    assert project.planned("report_summary") == set()


def test_another_comparison_shares_what_was_measured(regressed, tmp_path):
    """Between two of the commits that were looked at: only what lies between them and was not looked at is new."""
    project, made = regressed
    project = project.copy(tmp_path / "copy")
    tried = {row["name"] for row in trials(project)["bisection"]["tried"]}
    assert {made[16], made[24]} <= tried  # by halves of 33
    project.configure({"compare": {"works": {"revision": made[16]}, "fails": {"revision": made[24]}}})
    before = {json.dumps(request, sort_keys=True) for request in requests(project, "measure")}
    stages = len(requests(project, "pipeline_stage"))
    project.snakemake("report_summary")
    assert answer(project)["headline"].startswith(f"Commit `{made[FIRST_BAD - 1]}`")
    now = [request for request in requests(project, "measure") if not request["explain"]]
    new = [request for request in now if json.dumps(request, sort_keys=True) not in before]
    # The two ends with the seeds that the search had not given them.
    assert {request["revision"]["commit"][:7] for request in new} <= {made[16][:7], made[24][:7]}
    assert len(requests(project, "pipeline_stage")) - stages <= 3 * 3 * len(new)


def test_what_is_not_committed_is_told_apart_from_the_last_commit(regressed, tmp_path):
    project, made = regressed
    project = project.copy(tmp_path / "copy")
    Repo(project.root).git("checkout", "-q", "-f", made[FIRST_BAD - 2])
    (project.root / "solver.py").write_text(SOLVER.replace("STEP", TOO_LONG))
    done = project.snakemake("report_summary", "--config", "compare={works: {revision: HEAD}}")
    assert "error" not in done.stdout.lower().replace("fit.error", "")
    headline = answer(project)["headline"]
    assert headline == (
        f"What is not committed breaks `fit.error`; `{made[FIRST_BAD - 2]}` is the last commit that works"
    )


def test_a_side_that_works_and_fails_is_told_first(regressed, tmp_path):
    project, made = regressed
    project = project.copy(tmp_path / "copy")
    project.configure({"compare": {"works": {"revision": made[-1]}}})
    project.snakemake("report_summary")
    assert answer(project)["headline"] == (
        f"The side that works (`revision` `{made[-1]}`) does not hold `fit.error` with every seed either: there is nothing to compare"
    )


def test_mistakes_are_one_sentence_before_anything_runs(regressed):
    project, _ = regressed
    for asked, words in (
        ("{works: {revision: v9}}", "compare.works.revision: git knows no commit 'v9'"),
        ("{fails: {revision: v1}}", "config: compare: both sides are the same"),
        ("{works: {revision: v1, dataset: huge}}", "has no scenario 'huge'"),
        ("{works: {when: v1}}", "config: unknown key 'when' in compare.works"),
    ):
        done = project.snakemake("-n", "--config", f"compare={asked}", fails=True)
        assert words in done.stdout + done.stderr, done.stdout + done.stderr


@pytest.fixture
def elsewhere(tmp_path) -> tuple[Project, Repo]:
    """A project whose case stands in a folder of its repository."""
    project = Project.new(tmp_path / "project", "steps.py")
    project.configure({"case": "work/pipe.py", "dataset": None, "compare": {"works": {"revision": "v1"}}})
    return project, Repo(project.root)


FROM_ELSEWHERE = """
import common

CRITERIA = {"look.size": {"at_most": 1, "words": "a size"}}


def look(run):
    with open("../size.txt") as file:
        size = float(file.read())
    return run.output(facts={"size": size * common.FACTOR})
"""


def test_a_file_and_a_module_elsewhere_in_the_repository_are_those_of_the_commit(elsewhere):
    """The stage's own code never changes: what it reads does, first in a way that does no harm."""
    project, repo = elsewhere
    first = repo.commit(
        "First", {"work/pipe.py": FROM_ELSEWHERE, "common.py": "FACTOR = 1\n", "size.txt": "0.5"}
    )
    repo.git("tag", "v1", first)
    repo.commit("A file", {"size.txt": "0.6"})
    good = repo.commit("A module", {"common.py": "FACTOR = 1.1\n"})
    bad = repo.commit("A larger file", {"size.txt": "6"})
    repo.commit("More", {"common.py": "FACTOR = 1.2\n"})
    project.snakemake("report_summary")
    assert answer(project)["headline"] == (
        f'Commit `{bad}` ("A larger file", 2026-03-01) breaks `look.size`; `{good}` is the last that works'
    )


def test_commits_that_cannot_be_run_are_passed_by(elsewhere):
    """One lacks the case, one cannot be parsed, one cannot be imported, and one has another scenario: the fault began among them."""
    project, repo = elsewhere
    more = {"common.py": "FACTOR = 1\n", "size.txt": "0.5", "work/pipe.py": FROM_ELSEWHERE}
    repo.git("tag", "v1", repo.commit("First", more))
    good = repo.commit("Good", {"size.txt": "0.6"})
    repo.git("mv", "work/pipe.py", "work/other.py")
    repo.commit("Gone", {})
    repo.git("mv", "work/other.py", "work/pipe.py")
    repo.commit("Unparsed", {"work/pipe.py": "def look(run:\n"})
    repo.commit("Not imported", {"work/pipe.py": FROM_ELSEWHERE.replace("import common", "import uncommon")})
    bad = repo.commit("Bad", {"work/pipe.py": FROM_ELSEWHERE, "size.txt": "6"})
    project.snakemake("report_summary")
    found = trials(project)["bisection"]
    assert (found["works"]["name"], found["fails"]["name"], found["between"]) == (good, bad, 3)
    assert "the 3 commits between them give no answer" in " ".join(
        json.loads((project.suite / "results" / "summary.json").read_text())["trials"]
    )
    page = (project.suite / "report_trials.md").read_text()
    assert "No module named" in page and "is not there in commit" in page and "not valid Python" in page


def test_two_suites_are_compared_by_what_their_last_runs_were_of(regressed, tmp_path):
    project, _ = regressed
    project = project.copy(tmp_path / "copy")
    project.configure({"compare": None, "trials": None, "suite": "before", "variants": {"noise": "much"}})
    project.snakemake("group_1")
    project.configure(
        {
            "suite": "now",
            "variants": {"noise": "some"},
            "compare": {"works": {"suite": "before"}},
            "trials": "auto",
        }
    )
    project.snakemake("trials")
    assert "| `noise` | some → much |" in (project.suite / "report_trials.md").read_text()
    assert project.planned("trials") == set()
