"""A model that samples, and a run of it with ``tune=0``: the arguments are the answer, and other arguments measure nothing else."""

import json
import os
import shutil
import subprocess
import sys

import pytest

pytestmark = [pytest.mark.slow, pytest.mark.long]

SOUND = """
import numpy as np
import pymc as pm

def build():
    with pm.Model() as model:
        mu = pm.Normal("mu", 0, 5)
        sd = pm.HalfNormal("sd", 3)
        pm.Normal("y", mu, sd, observed=np.random.default_rng(0).normal(1, 2, 30))
    return model
"""


def diagnose(folder, *options):
    command = [sys.executable, "-P", "-m", "faultline", "diagnose", "sound.py", "--quiet", "--json", *options]
    environment = {**os.environ, "XDG_DATA_HOME": str(folder / "data")}
    environment.pop("FAULTLINE_STORE", None)
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_the_arguments_are_the_answer(tmp_path):
    (tmp_path / "sound.py").write_text(SOUND)
    found = diagnose(tmp_path, "--set", "as_yours.tune=0")
    assert [row["outcome"] for row in found["groups"]] == ["pass"] * 4 + ["fail"]
    assert (found["component"], found["cause_class"], found["first_failing_group"]) == (
        "tune",
        "s",
        "group_5_as_yours",
    )
    assert found["answer"]["headline"] == "settings: your run passes with tune=1000 in place of tune=0"
    page = (tmp_path / "faultline-results" / "sound" / "report_group_5_as_yours.md").read_text()
    assert "The same run with other arguments of pm.sample." in page and "`pm.sample(tune=0)`" in page
    draws = tmp_path / "faultline-results/sound/debug_outputs/group_5_as_yours/draws.nc"
    shutil.copy(draws, tmp_path / "draws.nc")
    logs = tmp_path / "data" / "faultline" / "store" / "logs"
    measured = len(list(logs.glob("*/measure.log")))
    sound = diagnose(tmp_path, "--set", "as_yours={}")
    assert sound["outcome"] == "pass" and len(list(logs.glob("*/measure.log"))) == measured + 1
    # The draws that tune=0 left behind, and the run that made them as they tell it.
    beside = diagnose(tmp_path, "--set", "as_yours={}", "--idata", "draws.nc")
    assert [row["outcome"] for row in beside["groups"]] == ["pass"] * 4 + ["fail"] * 2
    # Three more groups are measured: both of these runs, and the gradient, at points of the draws.
    assert beside["component"] == "tune" and len(list(logs.glob("*/measure.log"))) == measured + 4
    results = tmp_path / "faultline-results" / "sound" / "results" / "results_group_2_gradient_sanity.json"
    looked = json.loads(results.read_text())["gradient"]["at_draws"]
    assert looked["n"] == 50 and looked["n_not_finite"] == 0
    # The same draws elsewhere are no other question; only the group that judges them names them.
    (tmp_path / "moved").mkdir()
    shutil.move(tmp_path / "draws.nc", tmp_path / "moved" / "draws.nc")
    again = diagnose(tmp_path, "--set", "as_yours={}", "--idata", "moved/draws.nc")
    assert again["component"] == "tune" and len(list(logs.glob("*/measure.log"))) == measured + 5
