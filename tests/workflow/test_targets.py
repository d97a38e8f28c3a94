"""A target that is no PyMC model goes the same way from request to report; an experiment on models is one file and one line."""

import json
import shutil

import numpy as np
import pytest
from harness import CASES, Project

from faultline.core.record import read_json

pytestmark = pytest.mark.slow


def insert(project: Project, file: str, after: str, line: str) -> None:
    path = project.root / "src" / "faultline" / file
    text = path.read_text()
    assert text.count(after) == 1
    path.write_text(text.replace(after, after + line))


def allow(project: Project, kind: str) -> None:
    """What `make generated` does with the schema."""
    schema = project.root / "src" / "faultline" / "core" / "schemas" / "record.schema.json"
    schema.write_text(schema.read_text().replace('{"enum": ["build",', f'{{"enum": ["{kind}", "build",'))


@pytest.fixture(scope="module")
def piped(tmp_path_factory) -> Project:
    """A project that knows pipelines."""
    project = Project.new(tmp_path_factory.mktemp("pipeline") / "project")
    package, added = project.root / "src" / "faultline", CASES / "toy"
    shutil.copy(added / "experiment.py", package / "experiments" / "toy.py")
    shutil.copy(added / "judged.py", package / "diagnosis" / "kinds" / "toy.py")
    shutil.copy(added / "design.py", package / "plan" / "toy.py")
    shutil.copy(added / "case.py", project.root / "model.py")
    line = '\n    Experiment("toy", "toy", replicates=True, judged_as="toy", section="model"),'
    insert(project, "experiments/__init__.py", "EXPERIMENTS = (", line)
    insert(project, "diagnosis/kinds/__init__.py", "WAYS: dict[str, Kind] = {", '\n    "toy": Toy(),')
    insert(
        project,
        "diagnosis/kinds/__init__.py",
        "from faultline.diagnosis.kinds.kind import Kind\n",
        "from faultline.diagnosis.kinds.toy import Toy\n",
    )
    insert(project, "plan/designs.py", "DESIGNS: dict[str, Design] = {", '"toy": TOY, ')
    insert(
        project,
        "plan/designs.py",
        "from faultline.plan.ladder import Group\n",
        "from faultline.plan.toy import TOY\n",
    )
    allow(project, "toy")
    project.snakemake("report_summary")
    return project


def summary(project: Project) -> dict:
    return json.loads((project.suite / "results" / "summary.json").read_text())


def test_a_pipeline_goes_from_request_to_report(piped):
    record = read_json(piped.suite / "results" / "results_group_1_as_it_stands.json")
    assert record["kind"] == "toy" and record["error"] is None
    assert record["verdict"]["outcome"] == "fail" and record["verdict"]["component"] == "train"
    page = (piped.suite / "report_group_1_as_it_stands.md").read_text()
    assert "of no use is what comes out of train" in page and "Look at stage train." in page
    assert summary(piped)["component"] == "train"


def test_a_failure_asks_for_a_second_round_in_the_same_command(piped):
    rows = [(row["group"], row["outcome"]) for row in summary(piped)["groups"]]
    assert rows == [("group_1_as_it_stands", "fail"), ("group_2_without_use_scaling", "fail")]
    page = (piped.suite / "report_summary.md").read_text()
    assert "report_group_2_without_use_scaling.md" in page
    assert (piped.suite / "report_group_2_without_use_scaling.html").is_file()


def test_a_trial_has_seeds_of_its_own_and_reads_what_another_has_measured(piped):
    results = piped.suite / "results"
    first = read_json(results / "results_group_1_as_it_stands.json")["probes"]
    second = read_json(results / "results_group_2_without_use_scaling.json")["probes"]
    assert first["seeds"] == [123] and second["seeds"] == [1, 2]
    assert second["before"] == first["stages"] and len(second["stages"]) == len(first["stages"]) - 1


def test_a_pass_asks_for_no_more(piped, tmp_path):
    project = piped.copy(tmp_path / "slow")
    project.snakemake("report_summary", "--config", "variants={rate: slow}")
    assert [row["outcome"] for row in summary(project)["groups"]] == ["pass"]
    # Back to what failed: both rounds are in the store.
    assert not {"measure", "judge"} & {rule for rule, _ in project.planned("report_summary")}
    project.snakemake("report_summary")
    assert len(summary(project)["groups"]) == 2


def test_it_imports_no_sampler(piped):
    """The process that measured: a pipeline needs no PyMC."""
    record = read_json(piped.suite / "results" / "results_group_1_as_it_stands.json")
    assert record["probes"]["imported"] == []


def test_the_same_command_runs_nothing_and_a_choice_measures_again(piped):
    assert piped.planned("report_summary") == set()
    again = piped.planned("report_summary", "--config", "variants={rate: slow}")
    assert {rule for rule, _ in again} >= {"measure", "judge"}


def test_an_experiment_on_models_is_one_file_and_one_line(tmp_path):
    project = Project.new(tmp_path / "project")
    package = project.root / "src" / "faultline"
    (package / "experiments" / "start_only.py").write_text(
        '"""Only the log-probability at the start."""\n\n'
        "from faultline.experiments.model_target import prepare\n"
        "from faultline.probes.logp import log_probability\n\n"
        '__all__ = ["measure", "prepare"]\n\n\n'
        "def measure(recorder, subject):\n"
        '    with recorder.stage("logp"):\n'
        "        recorder.keep(logp=log_probability(subject.model, factors=subject.factors.plain(), seed=1, pairs=False))\n"
    )
    line = '\n    Experiment("start_only", "start_only", judged_as="build", section="model"),'
    insert(project, "experiments/__init__.py", "EXPERIMENTS = (", line)
    allow(project, "start_only")
    ladder = package / "plan" / "ladder.py"
    # Its trial changes the model, too: what a design may ask for goes from the request to the page.
    change = 'Change(held={"scale": 0.5}, start={"level": 2.0}, dropped=("extra",))'
    text = ladder.read_text().replace(
        'Trial("build", failing)', f'Trial("start_only", failing, change={change})'
    )
    ladder.write_text(text.replace("trial import Trial", "trial import Change, Trial"))
    model = (project.root / "model.py").read_text()
    extra = '        pm.Normal("extra", pm.Normal("idle", 0, 1), 1, observed=3.0)\n    return model'
    (project.root / "model.py").write_text(model.replace("    return model", extra))
    project.snakemake("group_1")
    record = read_json(project.suite / "results" / "results_group_1_build_only_sanity.json")
    assert record["kind"] == "start_only" and record["verdict"]["outcome"] in ("pass", "inconclusive")
    assert "whether terms are equal was not measured" in record["verdict"]["interpretation"]
    assert record["model"]["idle"] == ["idle"]
    terms = {row["name"]: row["value"] for row in record["logp"]["terms"]}
    assert set(terms) == {"level", "slope", "curve", "y"}
    assert terms["level"] == pytest.approx(-0.5 * (2**2 + np.log(2 * np.pi)))
    page = (project.suite / "report_group_1_build_only_sanity.md").read_text()
    assert "| held | `scale` at `0.5` |" in page and "| left out | `extra` |" in page


def test_an_unknown_target_is_one_sentence(tmp_path):
    project = Project.new(tmp_path / "project")
    (project.root / "model.py").write_text('TARGET = "rocket"\n\n\ndef build():\n    pass\n')
    said = project.snakemake("-n", fails=True)
    assert "TARGET is 'rocket'; it must be 'model', 'draws', 'pipeline'." in said.stdout + said.stderr
