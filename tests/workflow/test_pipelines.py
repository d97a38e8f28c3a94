"""A pipeline from its file to its report: trials, what they share, what a change runs again, and how stages fail."""

import json
import re

import pytest
from harness import ROOT, Project

from faultline.core.record import read_json, validate

pytestmark = [pytest.mark.slow, pytest.mark.long]


@pytest.fixture(scope="module")
def piped(tmp_path_factory) -> Project:
    project = Project.new(tmp_path_factory.mktemp("pipeline") / "project", "steps.py")
    project.configure({"dataset": None})
    project.snakemake("report_summary")
    return project


def trials(project: Project) -> dict:
    found = read_json(project.suite / "results" / "trials.json")
    assert validate(found, "trials") == []
    return found


def stages_made(project: Project) -> int:
    """Objects of single stages in the store."""
    store = project.root / "tests" / "diagnostics" / ".store"
    keys = {path.name for path in store.glob("objects/*") if path.name[0] != "."}
    requests = [json.loads((store / "requests" / f"{key}.json").read_text()) for key in keys]
    return sum(request["stage"] == "pipeline_stage" for request in requests)


def test_the_change_that_cures_is_named_and_the_others_are_not(piped):
    found = trials(piped)
    assert found["symptom"] == "fit.error"
    alone = {(row["toggle"], row["choice"]): row["alone"]["label"] for row in found["choices"]}
    assert alone["rate", "1e-3"] == "cures alone"
    assert alone["noise", "none"] != "cures alone" and alone["digits", "four"] == "unchanged"
    back = {row["toggle"]: row["put_back"]["label"] for row in found["choices"]}
    assert back["rate"] == "needed"
    assert {row["toggle"]: row["defect"] for row in found["choices"] if row["is_repair"]}["rate"] == "yes"
    summary = json.loads((piped.suite / "results" / "summary.json").read_text())
    assert summary["answer"]["part"] == ["rate"] and "Set `rate` to `1e-3`." in summary["answer"]["change"]


def test_the_hypotheses_are_judged_and_lead_the_page(piped):
    outcomes = {row["name"]: row["outcome"] for row in trials(piped)["hypotheses"]}
    assert outcomes == {"noise": "refuted", "rate": "confirmed", "least squares": "confirmed"}
    words = {row["name"]: row["audit"]["word"] for row in trials(piped)["hypotheses"]}
    assert words == {"noise": "refuted", "rate": "confirmed", "least squares": "correct"}
    page = (piped.suite / "report_trials.md").read_text()
    assert page.index("What was believed") < page.index("Each choice")
    assert (piped.suite / "plots" / "trials.png").stat().st_size > 5000


def test_the_exit_criteria_are_answered_on_both_pages(piped):
    answers = {row["name"]: row["answer"] for row in trials(piped)["exit_criteria"]}
    assert answers == {"1": "met", "2": "met"}
    for page in ("report_trials.md", "report_summary.md"):
        text = (piped.suite / page).read_text()
        assert "## Exit criteria" in text and "`fit.error` in large" in text


def test_a_second_run_does_nothing(piped):
    assert piped.planned("report_summary") == set()
    assert piped.planned("trials") == set()
    said = piped.terminal(piped.command("trials")).stdout
    assert "trials: `rate` set to `1e-3` cures `fit.error` alone." in said and "report_trials.html" in said


def test_a_choice_runs_only_the_stages_that_it_reaches(piped, tmp_path):
    """Trials share whatever their change does not reach: each configuration and seed made only what is new in it."""
    project = piped.copy(tmp_path / "copy")
    before = stages_made(project)
    # 4 seeds: simulate twice (noise), fit for both rates and both noises, and so on.
    text = (project.root / "model.py").read_text()
    (project.root / "model.py").write_text(text.replace('"four": 4', '"four": 5'))
    project.snakemake("group_1")
    assert stages_made(project) - before == 3  # `report`, with three seeds
    record = read_json(project.suite / "results" / "results_group_1_stages.json")
    reused = {stage["name"]: stage["reused"] for stage in record["pipeline"]["runs"][0]["stages"]}
    assert reused == {"simulate": True, "fit": True, "check": True, "report": False}


def test_a_comment_runs_no_stage_again(piped, tmp_path):
    project = piped.copy(tmp_path / "copy")
    before = stages_made(project)
    project.edit("model.py")
    project.snakemake("report_summary")
    assert stages_made(project) == before and trials(project)["symptom"] == "fit.error"


def test_a_file_that_a_stage_reads_is_part_of_what_it_makes(piped, tmp_path):
    """Also where another measurement made the stage: it is made again once the file has changed, and what needs it with it."""
    project = piped.copy(tmp_path / "copy")
    (project.root / "noise.txt").write_text("0.1")
    text = (project.root / "model.py").read_text()
    reads = text.replace("0.1 if noise", 'float(open("noise.txt").read()) if noise')
    assert reads != text
    (project.root / "model.py").write_text(reads)
    project.configure({"trials": None})

    def simulated(group):
        project.snakemake(f"group_{group}")
        record = read_json(
            next(
                (project.suite / "results").glob(
                    f"results_group_{group}_*repaired.json" if group == 2 else "results_group_1_stages.json"
                )
            )
        )
        return record["pipeline"]["runs"][0]["stages"][0]

    first, second = simulated(1), simulated(2)
    assert not first["reused"] and second["reused"] and first["content"] == second["content"]
    (project.root / "noise.txt").write_text("0.2")
    later = simulated(2)
    assert not later["reused"] and later["content"] != second["content"]
    assert simulated(1)["content"] == later["content"]
    assert project.planned("group_1") == project.planned("group_2") == set()


def test_a_file_that_only_a_command_reads_is_part_of_what_stages_make(tmp_path):
    """INPUTS: no audit hook sees what another program opens."""
    project = Project.new(tmp_path / "project", "steps.py")
    project.configure({"dataset": None, "trials": None})
    (project.root / "data").mkdir()
    (project.root / "data" / "level.txt").write_text("0.5")
    (project.root / "model.py").write_text(
        'INPUTS = ("data/*.txt",)\n'
        'CRITERIA = {"level.read": {"at_most": 1, "words": "the level"}}\n\n\n'
        "def level(run):\n"
        '    words = "".join(run.command(["cat", path]) for path in run.inputs)\n'
        '    return run.output(facts={"read": float(words)})\n'
    )

    def read() -> dict:
        project.snakemake("group_1")
        return read_json(project.suite / "results" / "results_group_1_stages.json")

    assert read()["verdict"]["outcome"] == "pass" and project.planned("group_1") == set()
    (project.root / "data" / "level.txt").write_text("1.5")
    assert read()["pipeline"]["runs"][0]["stages"][0]["facts"]["read"] == 1.5
    (project.root / "data" / "more.txt").write_text("e-1")
    assert read()["verdict"]["outcome"] == "pass"
    assert "`data/level.txt`, `data/more.txt`" in (project.suite / "report_group_1_stages.md").read_text()
    for path in (project.root / "data").iterdir():
        path.unlink()
    said = project.snakemake("-n", fails=True)
    assert "there is no file 'data/*.txt' beside the case" in said.stdout + said.stderr


AROUND = """
import os

CRITERIA = {"sum.value": {"at_most": 10, "words": "the sum"}}
LEVEL = float(open("level.txt").read())


def base(run):
    return run.output(arrays={"x": [LEVEL, float(os.environ.get("SHIFT", "0"))]})


def doubled(base, run):
    base.x[:] *= 2
    return run.output(facts={"x": base.x.tolist()})


def sum(base, doubled, run):
    return run.output(facts={"value": float(base.x.sum())})
"""


def test_what_is_read_around_the_stages_decides_them(tmp_path, monkeypatch):
    """A file at the top level, and the environment; and what one stage does to its input, no other sees."""
    project = Project.new(tmp_path / "project", "steps.py")
    project.configure({"dataset": None, "trials": None})
    (project.root / "model.py").write_text(AROUND)
    (project.root / "level.txt").write_text("1")

    def value() -> float:
        project.snakemake("group_1")
        record = read_json(project.suite / "results" / "results_group_1_stages.json")
        return record["pipeline"]["runs"][0]["stages"][2]["facts"]["value"]

    assert value() == 1.0 and project.planned("group_1") == set()
    (project.root / "level.txt").write_text("3")
    assert value() == 3.0
    monkeypatch.setenv("SHIFT", "0.5")
    assert value() == 3.5 and project.planned("group_1") == set()


DRAWN = """
CONTRACT = {"second.x": {"dtype": "float32"}}
PRESETS = {"same": {}}
REPAIRED = "same"


def first(run):
    return run.output(arrays={"x": [1.0, 2.0]})


def second(first, run):
    return run.output(arrays={"x": first.x})


def third(second, run):
    return run.output(facts={"x": 1})


def picture(stage, output, axes):
    if stage == "first":
        axes.plot(output.x)
    if stage == "second":
        raise ValueError("no picture")
    if stage == "third":
        import os

        os._exit(3)
"""


def test_what_a_case_draws_is_shown_and_what_it_fails_to_draw_fails_nothing(tmp_path):
    project = Project.new(tmp_path / "project", "steps.py")
    project.configure({"dataset": None, "trials": None})
    (project.root / "model.py").write_text(DRAWN)
    project.snakemake("report_summary")
    page = (project.suite / "report_group_1_stages.md").read_text()
    assert (
        "**✗ FAIL, in `second`**" in page
        and "second.x: dtype float32 is asked for, and it is float64" in page
    )
    assert "![Stage first](plots/group_1_stages/stage_first.png)" in page
    assert "There is no picture of `second`: ValueError in model.py line" in page
    assert "There is no picture of `third`: the process that draws ended with exit code 3" in page
    summary = (project.suite / "report_summary.md").read_text()
    assert (
        "plots/group_1_stages/stage_first.png) ![" in summary and "same types and shapes in both" in summary
    )
    assert project.planned("report_summary") == set()
    (project.root / "model.py").write_text(DRAWN.replace("float32", "float64").replace("raise", "return"))
    project.snakemake("report_summary")
    record = read_json(project.suite / "results" / "results_group_1_stages.json")
    assert record["verdict"]["outcome"] == "pass"
    assert all(stage["reused"] for stage in record["pipeline"]["runs"][0]["stages"])


def test_a_stage_that_raises_is_a_finding(piped, tmp_path):
    project = piped.copy(tmp_path / "copy")
    text = (project.root / "model.py").read_text()
    broken = text.replace(
        "    slope = 0.0\n", '    slope = 0.0\n    if rate == "1e-1":\n        raise ValueError("no")\n'
    )
    (project.root / "model.py").write_text(broken)
    project.snakemake("report_summary")
    record = read_json(project.suite / "results" / "results_group_1_stages.json")
    assert record["error"] is None and record["verdict"]["outcome"] == "fail"
    assert record["verdict"]["component"] == "fit"
    assert "Stage fit raises ValueError in model.py line" in record["verdict"]["interpretation"]
    needs = {stage["name"]: stage.get("needs") for stage in record["pipeline"]["runs"][0]["stages"]}
    assert needs["check"] == ["fit"]
    page = (project.suite / "report_group_1_stages.md").read_text()
    assert "did not run: `fit` left nothing" in page


def test_a_stage_that_is_killed_leaves_what_came_before_it(piped, tmp_path):
    project = piped.copy(tmp_path / "copy")
    text = (project.root / "model.py").read_text()
    broken = text.replace("    exact = ", "    import os\n\n    os.kill(os.getpid(), 9)\n    exact = ")
    (project.root / "model.py").write_text(broken)
    project.configure({"trials": None})
    project.snakemake("group_1")
    record = read_json(project.suite / "results" / "results_group_1_stages.json")
    assert record["error"]["signal"] == "SIGKILL" and record["error"]["stage"] == "stage_check"
    assert [stage["name"] for stage in record["pipeline"]["runs"][0]["stages"]] == ["simulate", "fit"]


def test_the_pipeline_of_the_page_is_diagnosed_as_it_says(tmp_path):
    page = (ROOT / "docs" / "add-your-pipeline.md").read_text(encoding="utf-8")
    project = Project.new(tmp_path / "project", "steps.py")
    (project.root / "model.py").write_text(re.search(r"```python\n(.*?)```", page, re.DOTALL)[1])
    project.configure({"dataset": None})
    project.snakemake("report_summary")
    summary = json.loads((project.suite / "results" / "summary.json").read_text())
    assert summary["answer"]["headline"] == "`rate` at `1e-1` breaks `fit.error`"
    assert "`rate` set to `1e-3` cures `fit.error` alone." in summary["trials"]


def test_a_job_is_given_what_its_stages_need(tmp_path):
    project = Project.new(tmp_path / "project", "steps.py")
    project.configure({"dataset": None, "trials": None})
    with (project.root / "model.py").open("a") as file:
        file.write('\nRESOURCES = {"fit": {"mem_mb": 9000, "minutes": 10}}\n')
    said = project.snakemake("-n", "-p", "group_1").stdout
    assert "mem_mb=10000" in said
    assert "runtime=37" in said  # minutes: limits.total is 2 here; 10 with each of three seeds; 5 to spare


FLOW = {
    "model.py": """
PIPELINE = "flow/Snakefile"
INPUTS = ("data/*.csv",)
SCENARIOS = {"ten": {"times": 10}}
TOGGLES = {"rate": ("1e-1", "1e-2")}
FACTS = {"fit": "results/fit.json"}
CRITERIA = {"workflow.fit.value": {"at_most": 2, "words": "the value"}}
""",
    "flow/Snakefile": """
rule fit:
    input:
        "data/x.csv",
    output:
        "results/fit.json",
    script:
        "scripts/fit.py"
""",
    "flow/scripts/fit.py": """
import json

from helpers import scaled

config = snakemake.config
value = scaled(float(open(snakemake.input[0]).read())) * config["rate"] * config["times"]
json.dump({"value": value, "seed": config["seed"]}, open(snakemake.output[0], "w"))
""",
    "flow/scripts/helpers.py": "def scaled(value):\n    return value\n",
    "data/x.csv": "3",
}


def test_a_workflow_of_snakemake_is_a_stage(tmp_path):
    project = Project.new(tmp_path / "project", "steps.py")
    project.configure({"dataset": None, "trials": None})
    for name, content in FLOW.items():
        (project.root / name).parent.mkdir(parents=True, exist_ok=True)
        (project.root / name).write_text(content)

    def outcome(*arguments: str) -> tuple[dict, list[dict]]:
        project.snakemake("group_1", *arguments)
        record = read_json(project.suite / "results" / "results_group_1_stages.json")
        return record["verdict"], [run["stages"][0] for run in record["pipeline"]["runs"]]

    verdict, stages = outcome()
    assert verdict["outcome"] == "fail" and "The value: 3, must be at most 2." in verdict["interpretation"]
    assert [stage["facts"]["fit"]["seed"] for stage in stages] == [123, 124, 125]
    assert project.planned("group_1") == set()
    verdict, stages = outcome("--config", "variants={rate: 1e-2}")
    assert verdict["outcome"] == "pass" and stages[0]["facts"]["fit"]["value"] == pytest.approx(0.3)
    (project.root / "flow" / "scripts" / "helpers.py").write_text(
        "def scaled(value):\n    return value / 3\n"
    )
    assert outcome()[1][0]["facts"]["fit"]["value"] == pytest.approx(1.0)
    (project.root / "flow" / "scripts" / "helpers.py").write_text(
        'def scaled(value):\n    raise ValueError("too hot")\n'
    )
    verdict, _ = outcome()
    assert verdict["component"] == "workflow"
    assert (
        "Stage workflow raises SnakemakeError: rule fit fails: ValueError: too hot"
        in verdict["interpretation"]
    )


def test_an_unknown_scenario_is_one_sentence(piped):
    said = piped.snakemake("-n", "--config", "dataset=huge", fails=True)
    assert "has no scenario 'huge'; it has small, large." in said.stdout + said.stderr


@pytest.fixture(scope="module")
def declared(tmp_path_factory) -> Project:
    project = Project.new(tmp_path_factory.mktemp("declared") / "project", "declared.py")
    project.configure({"dataset": None})
    project.snakemake("trials")
    return project


def test_a_cure_that_the_larger_budget_takes_back_only_delays(declared):
    alone = {(row["toggle"], row["choice"]): row["alone"]["label"] for row in trials(declared)["choices"]}
    assert alone["growth", "slow"] == "delays" and alone["growth", "shrinks"] == "cures alone"
    larger = {(row["changes"].get("growth"), row["larger"]) for row in trials(declared)["trials"]}
    assert ("slow", True) in larger and ("fast", True) not in larger


def test_a_choice_is_tried_where_the_case_says_that_it_matters(declared):
    found = [row for row in trials(declared)["labels"] if row["changes"] == {"weights": "squared"}]
    labels = {(row["background"], row["criterion"]): row["label"] for row in found}
    assert labels["failing", "weigh.share"] == "unchanged"
    assert labels["declared", "weigh.share"] == "harms"


def test_in_a_view_with_controls_only_these_are_changed(declared, tmp_path):
    project = declared.copy(tmp_path / "copy")
    project.configure({"variants": "view"})
    project.snakemake("trials")
    found = trials(project)
    assert {row["toggle"] for row in found["choices"]} == {"steps"} and found["repaired"] is None
    assert "No single change cures `iterate.size`." in (project.suite / "report_trials.md").read_text()


def test_two_presets_are_compared(declared, tmp_path):
    project = declared.copy(tmp_path / "copy")
    project.configure({"dataset": "large", "trials": {"presets": ["heavy", "repaired"]}})
    project.snakemake("trials")
    found = trials(project)
    assert found["symptom"] == "weigh.share"
    alone = {(row["toggle"], row["choice"]): row["alone"]["label"] for row in found["choices"]}
    assert alone["weights", "equal"] == "cures alone" and alone["steps", "many"] == "unchanged"


def test_a_file_that_stages_pass_by_themselves_is_refused(piped, tmp_path):
    """Its writer's choices would reach the reader, and no trial would see it."""
    project = piped.copy(tmp_path / "copy")
    text = (project.root / "model.py").read_text()
    text = text.replace("    slope = 0.0\n", '    slope = 0.0\n    open("scratch.txt", "w").write(rate)\n')
    text = text.replace("    exact = ", '    open("scratch.txt").read()\n    exact = ')
    (project.root / "model.py").write_text(text)
    project.configure({"trials": None})
    said = project.snakemake("group_1", fails=True)
    assert "scratch.txt, which stage fit wrote; return it there with run.output(files=...)" in said.stderr
