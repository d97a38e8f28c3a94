"""Scenarios that go on from one another: what the one before makes, what it decides, and how it fails."""

import json

import pytest
from harness import Project

from faultline.core.record import read_json

pytestmark = [pytest.mark.slow, pytest.mark.long]

TRAINS = "    slope = run.previous"


@pytest.fixture(scope="module")
def rounds(tmp_path_factory) -> Project:
    project = Project.new(tmp_path_factory.mktemp("rounds") / "project", "rounds.py")
    project.configure({"dataset": None, "trials": None})
    replaced(project, 'RESOURCES = {"train": {"minutes": 10}}\n', "")  # one job for all stages
    project.snakemake("group_1")
    return project


def ran(project: Project) -> dict[str, dict]:
    """Stage -> its row with the first seed."""
    record = read_json(project.suite / "results" / "results_group_1_stages.json")
    return {row["name"]: row for row in record["pipeline"]["runs"][0]["stages"]}


def reused(project: Project) -> list[str]:
    return [name for name, row in ran(project).items() if row["reused"]]


def requests(project: Project) -> list[dict]:
    """What was asked of single stages."""
    folder = project.root / "tests" / "diagnostics" / ".store" / "requests"
    found = [json.loads(path.read_text()) for path in folder.glob("*.json")]
    return [request for request in found if request["stage"] == "pipeline_stage"]


def replaced(project: Project, old: str, new: str) -> None:
    text = (project.root / "model.py").read_text()
    assert old in text
    (project.root / "model.py").write_text(text.replace(old, new))


def test_a_stage_is_given_what_it_left_in_the_scenario_before(rounds):
    found = ran(rounds)
    assert found["train"]["facts"]["rounds"] == 2 and found["train"]["previous"] == "one"
    assert "previous" not in found["simulate"] and "previous" not in found["shown"]
    made = {(request["name"], request["scenario"]["name"]) for request in requests(rounds)}
    # `shown` reads nothing of the scenario before, so it is not made there.
    assert made == {
        ("simulate", "one"),
        ("train", "one"),
        ("simulate", "two"),
        ("train", "two"),
        ("shown", "two"),
    }
    goes_on = [request for request in requests(rounds) if "previous" in request]
    assert len(goes_on) == 3 == len({request["previous"] for request in goes_on})  # with three seeds
    assert {(request["name"], request["scenario"]["name"]) for request in goes_on} == {("train", "two")}
    assert rounds.planned("group_1") == set()
    page = (rounds.suite / "report_group_1_stages.md").read_text()
    assert "`simulate`, `train` of scenario one" in page


def test_a_round_is_the_same_alone_and_on_the_way_to_the_next_one(rounds, tmp_path):
    project = rounds.copy(tmp_path / "copy")
    project.configure({"dataset": "one"})
    project.snakemake("group_1")
    assert reused(project) == ["simulate", "train"] and ran(project)["train"]["facts"]["rounds"] == 1
    assert "previous" not in ran(project)["train"]


def test_a_choice_runs_what_it_reaches_in_both_rounds_and_a_scenario_what_goes_on_from_it(rounds, tmp_path):
    project = rounds.copy(tmp_path / "copy")
    before = len(requests(project))
    project.snakemake("group_1", "--config", "variants={digits: four}")
    assert reused(project) == ["simulate", "train"] and len(requests(project)) == before + 3
    project.snakemake("group_1", "--config", "variants={rate: 1e-2}")
    assert reused(project) == ["simulate"] and ran(project)["train"]["facts"]["error"] < 0.2
    assert {request["choices"]["rate"] for request in requests(project) if request["name"] == "train"} == {
        "1e-3",
        "1e-2",
    }
    assert len(requests(project)) == before + 3 + 9  # with three seeds: train in both rounds, and shown
    slope = ran(rounds)["train"]["facts"]["slope"]
    replaced(project, '"one": {"n": 20}', '"one": {"n": 30}')
    project.snakemake("group_1")
    assert reused(project) == ["simulate"] and ran(project)["train"]["facts"]["slope"] != slope
    replaced(project, '"previous": "one", ', "")
    project.snakemake("group_1")
    assert reused(project) == ["simulate"] and ran(project)["train"]["facts"]["rounds"] == 1


def test_what_is_raised_in_the_scenario_before_is_told_there(rounds, tmp_path):
    project = rounds.copy(tmp_path / "copy")
    raises = '    if not run.previous and run.seed == 124:\n        raise ValueError("no")\n'
    replaced(project, TRAINS, raises + TRAINS)
    project.snakemake("group_1")
    record = read_json(project.suite / "results" / "results_group_1_stages.json")
    assert record["verdict"]["outcome"] == "fail" and record["verdict"]["component"] == "train"
    said = record["verdict"]["interpretation"]
    assert "Stage train raises ValueError in model.py line" in said
    assert "with 1 of 3 seeds in scenario one, which stage train goes on from: no" in said
    page = (project.suite / "report_group_1_stages.md").read_text()
    assert "did not run: `train` of scenario one raised ValueError: no" in page
    replaced(project, raises, "")
    replaced(
        project,
        "    x = run.rng",
        '    if run.scenario["n"] == 21:\n        raise ValueError("odd")\n    x = run.rng',
    )
    replaced(project, '"one": {"n": 20}', '"one": {"n": 21}')
    project.snakemake("group_1")
    record = read_json(project.suite / "results" / "results_group_1_stages.json")
    said = record["verdict"]["interpretation"]
    assert "Stage simulate raises ValueError in model.py line" in said
    assert "in scenario one, which stage train goes on from: odd" in said
    assert record["verdict"]["component"] == "simulate"


def test_a_value_that_is_not_finite_is_told_in_the_round_in_which_it_came_first(rounds, tmp_path):
    project = rounds.copy(tmp_path / "copy")
    logs = "        run.log(step, slope=slope)"
    slips = '        slope = float("nan") if not run.previous and step == 4 else slope\n'
    replaced(project, logs, slips + logs)
    project.snakemake("group_1")
    record = read_json(project.suite / "results" / "results_group_1_stages.json")
    said = record["verdict"]["interpretation"]
    assert "in stage train, the first value that is not finite is slope at step 4 in scenario one" in said
    assert "step 0" not in said and record["verdict"]["component"] == "train"
    assert ran(project)["train"]["bad_before"]["scenario"] == "one"
    assert (project.suite / "plots" / "group_1_stages" / "history.png").is_file()


def test_a_round_that_reads_what_the_one_before_wrote_elsewhere_is_refused(rounds, tmp_path):
    project = rounds.copy(tmp_path / "copy")
    leaves = '    if run.previous:\n        open("slope.txt").read()\n    else:\n        open("slope.txt", "w").write("0")\n'
    replaced(project, TRAINS, leaves + TRAINS)
    said = project.snakemake("group_1", fails=True)
    assert (
        "slope.txt, which stage train in scenario one wrote; return it there with run.output(files=...), and read run.previous.files."
        in said.stderr
    )


def test_a_way_to_the_scenario_before_that_no_code_shows_is_refused(rounds, tmp_path):
    project = rounds.copy(tmp_path / "copy")
    text = (project.root / "model.py").read_text().replace("run.previous", 'getattr(run, "previous")')
    (project.root / "model.py").write_text(text)
    said = project.snakemake("group_1", fails=True)
    assert (
        "stage train reads previous in a way that its code does not show; write run.previous in the stage itself."
        in said.stderr
    )
