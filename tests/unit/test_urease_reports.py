"""The commands of ``urease``: the authors' names, and what the files hold."""

import json

import pytest
from click.testing import CliRunner

from faultline.cases.urease.__main__ import main

pytestmark = [pytest.mark.slow, pytest.mark.long]


@pytest.fixture
def call(tmp_path):
    def run(*words):
        done = CliRunner().invoke(main, [*words, "--out", str(tmp_path)], catch_exceptions=False)
        assert done.exit_code == 0, done.output
        return done.output

    return run


def test_a_fit_draws_a_batch_every_ten_epochs_and_warns_of_a_negative_loss(call, tmp_path):
    said = call("train_early_inference")
    drawn = {path.name for path in tmp_path.glob("debug_batch_epoch_*.png")}
    assert drawn == {f"debug_batch_epoch_{epoch}.png" for epoch in range(10, 61, 10)}
    found = json.loads((tmp_path / "training.json").read_text())
    assert ("WARNING: Negative loss" in said) == (found["loss_min"] < 0)
    assert "logvar range" in said and len(found["history"]["gradient"]) == 60


def test_an_evaluation_has_network_and_fit_on_one_prefix_and_each_cadence(call, tmp_path):
    assert "prior mean" in call("evaluate_early_inference")
    found = json.loads((tmp_path / "metrics.json").read_text())
    assert found["forecast"]["grid_dt"] == 5 and found["forecast"]["fit_prefix_difference"] == 0
    assert {"mae_fast", "mae_usual", "mae_slow"} <= found["network"].keys()
    assert found["fit"]["mae_E0"] < 0.02
    assert all(
        (tmp_path / f"{stage}.png").is_file() for stage in ("generate", "features", "evaluate", "forecast")
    )


def test_time_features_are_drawn_and_measured(call, tmp_path):
    call("time_features")
    found = json.loads((tmp_path / "time_features.json").read_text())
    assert [round(found[way]["ratio"], 1) for way in ("raw", "global_z", "per_sequence_z")] == [
        33.3,
        33.3,
        1.0,
    ]
    assert (tmp_path / "time_features.png").is_file()
