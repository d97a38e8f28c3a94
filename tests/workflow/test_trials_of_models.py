"""Trials of a model: each other choice of its variants, sampled with several seeds, alone and put back."""

import pytest
from harness import Project

from faultline.core.record import read_json

pytestmark = [pytest.mark.slow, pytest.mark.long]

FUNNEL = '''
from typing import Literal

import numpy as np
import pymc as pm

PRESETS = {"repaired": {"effects": "noncentered"}}
REPAIRED = "repaired"


def build(*, effects: Literal["centered", "noncentered"] = "centered", prior: Literal["wide", "wider"] = "wide"):
    """Twenty effects that the data say little of: centered, they and their scale form a funnel."""
    with pm.Model() as model:
        scale = pm.Normal("scale", 0, {"wide": 1.5, "wider": 1.6}[prior])
        if effects == "centered":
            x = pm.Normal("x", 0, pm.math.exp(scale), shape=20)
        else:
            x = pm.Deterministic("x", pm.Normal("z", 0, 1, shape=20) * pm.math.exp(scale))
        pm.Normal("y", x, 30, observed=np.linspace(-1, 1, 20))
    return model
'''


def test_the_parameterization_that_cures_is_told_from_the_one_that_does_not(tmp_path):
    project = Project.new(tmp_path / "project")
    (project.root / "model.py").write_text(FUNNEL)
    sampler = {"tune": 300, "draws": 100, "confirm": {"tune": 700, "draws": 500}}
    longer = {"chains": 4, "tune": 1000, "draws": 1000}
    project.configure({"sampler": {**sampler, "extended": longer}, "trials": "variants"})
    project.snakemake("trials")
    found = read_json(project.suite / "results" / "trials.json")
    assert found["symptom"] in ("divergences", "rhat", "ebfmi")
    rows = {(row["toggle"], row["choice"]): row for row in found["choices"]}
    assert rows["effects", "noncentered"]["alone"]["label"] == "cures alone"
    assert rows["effects", "noncentered"]["put_back"]["label"] == "needed"
    assert rows["prior", "wider"]["alone"]["label"] not in ("cures alone", "needed")
    assert (project.suite / "report_trials.html").is_file()
    assert not (project.suite / "report_summary.md").exists()  # only the trials were asked for
    receipts = project.suite.parent / ".store" / "receipts"
    assert list((receipts / "judge_trials").iterdir()) and not (receipts / "judge").exists()  # nor any group
    assert project.planned("trials") == set()


def test_the_summary_waits_for_the_trials_and_for_the_changes_that_may_cure(tmp_path):
    project = Project.new(tmp_path / "project")
    (project.root / "model.py").write_text(
        FUNNEL.replace("PRESETS =", "NONE =").replace("REPAIRED =", "NOT =")
    )
    sampler = {"chains": 2, "tune": 300, "draws": 200, "confirm": {"tune": 700, "draws": 500}}
    trials = [{"prior": "wider"}]
    project.configure({"sampler": sampler, "trials": trials, "limits": {"remedies": 1, "total": 120}})
    project.snakemake("report_summary")
    summary = read_json(project.suite / "results" / "summary.json")
    tried = {row["toggle"] for row in read_json(project.suite / "results" / "trials.json")["choices"]}
    assert tried == {"prior"} and summary["remedies"]["tried"]
    assert project.planned("report_summary") == set()


def test_a_model_has_no_trials_unless_they_are_asked_for(tmp_path):
    project = Project.new(tmp_path / "project")
    said = project.snakemake("trials", fails=True)
    assert "trials is not set" in said.stdout + said.stderr
