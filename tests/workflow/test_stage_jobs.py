"""Stages that RESOURCES names: each is a job of its own, which several measurements share."""

import json
import sys

import pytest
from harness import Project

from faultline.core.record import read_json

pytestmark = [pytest.mark.slow, pytest.mark.long]


def measured(project: Project) -> list[dict]:
    """Request and record of each measurement in the store, what runs single stages first."""
    store = project.root / "tests" / "diagnostics" / ".store"
    found = []
    for path in store.glob("objects/*/measured.json"):
        request = json.loads((store / "requests" / f"{path.parent.name}.json").read_text())
        found.append({"key": path.parent.name, "request": request, "record": read_json(path)})
    return sorted(found, key=lambda each: each["request"].get("only", ["whole"]))


def only(project: Project) -> list[list[str]]:
    return sorted(each["request"]["only"] for each in measured(project) if "only" in each["request"])


def appended(project: Project, text: str) -> None:
    with (project.root / "model.py").open("a") as file:
        file.write(text)


@pytest.fixture(scope="module")
def rounds(tmp_path_factory) -> Project:
    project = Project.new(tmp_path_factory.mktemp("jobs") / "project", "rounds.py")
    project.configure({"dataset": None, "trials": None})
    project.snakemake("group_1")
    return project


def test_a_stage_is_run_by_its_own_job_and_read_by_the_measurement(rounds):
    assert only(rounds) == [["simulate"], ["train"]]
    *parts, whole = measured(rounds)
    ran = {each["request"]["only"][0]: each["record"]["pipeline"]["runs"][0]["stages"] for each in parts}
    assert [(row["name"], row["reused"]) for row in ran["simulate"]] == [("simulate", False)]
    assert [(row["name"], row["reused"]) for row in ran["train"]] == [("simulate", True), ("train", False)]
    rows = {row["name"]: row for row in whole["record"]["pipeline"]["runs"][0]["stages"]}
    assert rows["train"]["reused"] and not rows["shown"]["reused"]
    assert rows["train"]["facts"]["rounds"] == 2  # of the job's own scenario before


def test_a_group_that_is_run_by_hand_runs_these_jobs_as_well(tmp_path):
    project = Project.new(tmp_path / "project", "rounds.py")
    project.configure({"dataset": None, "trials": None})
    done = project.terminal(
        [sys.executable, "-m", "faultline", "group", "--group", "1", "--case", "model.py"]
    )
    assert done.returncode == 0 and "group 1: ran train" in done.stdout, done.stdout
    assert only(project) == [["simulate"], ["train"]]


def test_a_cluster_is_asked_for_what_each_job_needs(tmp_path):
    project = Project.new(tmp_path / "project", "rounds.py")
    project.configure({"dataset": None, "trials": None})
    text = (project.root / "model.py").read_text()
    more = text.replace('{"train": {"minutes": 10}}', '{"train": {"minutes": 10, "mem_mb": 9000}}')
    (project.root / "model.py").write_text(more)
    said = project.snakemake("-n", "-p", "group_1").stdout
    jobs = [line for line in said.splitlines() if "resources:" in line and "runtime=" in line]
    # In minutes: limits.total is 2; 10 with each of three seeds, in two scenarios; 5 to spare.
    assert sum("runtime=67" in line and "mem_mb=10000" in line for line in jobs) == 1
    assert sum("runtime=7" in line and "mem_mb=3000" in line for line in jobs) == 2


def test_measurements_that_differ_in_later_choices_share_the_job(rounds, tmp_path):
    project = rounds.copy(tmp_path / "project")
    project.configure({"variants": {"digits": "four"}})
    before = {each["key"] for each in measured(project)}
    project.snakemake("group_1")
    new = [each for each in measured(project) if each["key"] not in before]
    assert ["only" in each["request"] for each in new] == [False]
    project.configure({"variants": {"digits": "four", "rate": "1e-2"}})
    project.snakemake("group_1")
    new = [each for each in measured(project) if each["key"] not in before]
    assert sorted(each["request"].get("only", ["whole"]) for each in new) == [["train"], ["whole"], ["whole"]]


def test_a_stage_that_raises_in_its_own_job_raises_once(rounds, tmp_path):
    project = rounds.copy(tmp_path / "project")
    appended(project, "\n\ndef train(simulate, run, *, rate: Literal['1e-3', '1e-2'] = '1e-3'):\n")
    appended(project, "    print('TRAINING')\n    raise ValueError('no slope')\n")
    text = (project.root / "model.py").read_text()
    (project.root / "model.py").write_text(text.replace("def train(", "def _train(", 1))
    before = {each["key"] for each in measured(project)}
    project.snakemake("group_1")
    new = [each for each in measured(project) if each["key"] not in before]
    logs = project.root / "tests" / "diagnostics" / ".store" / "objects"
    printed = [(logs / each["key"] / "output.log").read_text().count("TRAINING") for each in new]
    assert sorted(printed) == [0, 0, 3]  # by one of the three jobs, with each of three seeds
    rows = {row["name"]: row for row in new[-1]["record"]["pipeline"]["runs"][0]["stages"]}
    assert rows["train"]["error"]["message"] == "no slope" and rows["shown"]["needs"] == ["train"]
    page = (project.suite / "report_group_1_stages.md").read_text()
    assert "no slope" in page


def test_a_stage_that_hangs_in_its_own_job_is_named_and_waited_for_once(rounds, tmp_path):
    project = rounds.copy(tmp_path / "project")
    text = (project.root / "model.py").read_text()
    text = text.replace("for step in range(20):", "while True:\n        step = 0")
    (project.root / "model.py").write_text(text.replace('{"minutes": 10}', '{"minutes": 0.01}'))
    project.configure({"limits": {"total": 10}})
    before = {each["key"] for each in measured(project)}
    project.snakemake("group_1")
    _, part, whole = [each for each in measured(project) if each["key"] not in before]
    assert part["request"]["only"] == ["train"]
    assert part["record"]["error"]["type"] == "TimeLimit"
    assert {**whole["record"], "request": part["key"]} == part["record"]
    assert "train" in (project.suite / "report_group_1_stages.md").read_text()


def test_stages_that_share_a_state_cannot_be_apart(tmp_path):
    project = Project.new(tmp_path / "project", "rounds.py")
    project.configure({"dataset": None, "trials": None})
    text = (project.root / "model.py").read_text()
    text = text.replace("SCENARIOS =", "SEEN = []\nSCENARIOS =", 1)
    text = text.replace("    rounds = run", "    SEEN.append(1)\n    rounds = run", 1)
    text = text.replace(
        '    return run.output(facts={"slope": round',
        '    print(SEEN)\n    return run.output(facts={"slope": round',
        1,
    )
    (project.root / "model.py").write_text(text)
    said = project.snakemake("-n", fails=True)
    assert (
        "RESOURCES: train shares a name whose value changes with another stage" in said.stdout + said.stderr
    )
