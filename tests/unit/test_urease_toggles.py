"""Each toggle of ``urease``: what its choices do to the quantity that it touches."""

from pathlib import Path

import numpy as np
import pytest
from urease_runs import FEATURES, SIGNATURE, through

pytestmark = [pytest.mark.slow, pytest.mark.long]
TRAINED, EVALUATED = (*FEATURES, "train"), (*FEATURES, "train", "evaluate")


def facts(stage, *stages, **choices):
    return through(*stages, **choices)[stage].facts


def test_every_toggle_of_the_system_is_there_and_a_test_names_it():
    folder = Path(__file__).parent
    named = Path(__file__).read_text() + (folder / "test_urease_features.py").read_text()
    assert all(f"{toggle}=" in named or f'"{toggle}":' in named for toggle in SIGNATURE.variants)
    assert len(SIGNATURE.variants) == 24


def test_powder_tells_nothing_of_the_enzyme_unless_it_sets_it():
    def correlation(powder):
        made = through("generate", powder=powder)["generate"]
        return np.corrcoef(made.known_inputs[:, 1], made.target_params[:, 0])[0, 1]

    assert abs(correlation("by_itself")) < 0.15 and correlation("sets_E0") > 0.6
    made = through("generate", powder="sets_E0")["generate"].target_params[:, 0]
    assert made.min() >= 0.05 and made.max() <= 1.25


def test_the_lag_is_in_the_test_rows_and_in_those_for_training_if_the_simulator_has_it():
    absent, there = (
        through("generate", scenario="lag", lag_model=how)["generate"].pH for how in ("absent", "in_model")
    )
    np.testing.assert_array_equal(absent[200:], there[200:])
    assert np.abs(absent[:200] - there[:200]).max() > 0.1
    same = [through("generate", lag_model=how)["generate"].pH for how in ("absent", "in_model")]
    np.testing.assert_array_equal(*same)


def test_the_fit_needs_the_lag_in_its_model():
    mae = {
        how: facts("reference", "generate", "reference", scenario="lag", lag_model=how)["mae_E0"]
        for how in ("absent", "in_model")
    }
    assert mae["in_model"] < 0.05 < mae["absent"]


def test_validation_share_is_the_share_of_the_rows():
    sizes = [
        len(through(*FEATURES[:2], validation_share=share)["split"].val_index) for share in ("0.1", "0.2")
    ]
    assert sizes == [20, 40]


def test_bare_points_are_others_than_those_of_training_and_the_same_behind_a_mask():
    def difference(**choices):
        return facts("evaluate", *EVALUATED, **choices)["prefix_difference"]

    assert difference(evaluation_prefix="bare") > 0.1
    assert difference(evaluation_prefix="as_in_training") < 1e-4
    assert difference(evaluation_prefix="bare", padding="mask") < 1e-4


def test_reversed_outputs_are_taken_for_each_other_and_the_metric_scale_changes_no_r2():
    written, other, normalized = (
        facts("evaluate", *EVALUATED, evaluation_prefix="as_in_training", **choices)
        for choices in ({}, {"output_order": "reversed"}, {"metric_scale": "normalised"})
    )
    assert other["out_of_range"] == 1 and other["r2_E0"] < 0 < written["r2_E0"]
    assert normalized["r2_E0"] == pytest.approx(written["r2_E0"])
    assert normalized["mae_E0"] == pytest.approx(written["mae_E0"])
    assert normalized["reported"]["E0"]["mae"] > 2 * written["reported"]["E0"]["mae"]


def test_head_and_uncertainty():
    bounded, none = (
        facts("evaluate", *EVALUATED, **choices) for choices in ({"head": "bounded"}, {"uncertainty": "none"})
    )
    assert bounded["out_of_range"] == 0 and bounded["coverage"] is not None
    assert none["coverage"] is None and np.isfinite(none["mae_E0"])


def test_logvar_stays_above_its_floor():
    assert facts("train", *TRAINED, logvar="floored")["logvar_range"][0] >= -4.6 - 1e-6


def test_clipping_dropout_batch_norm_levels_and_the_optimizer_change_the_fit():
    plain = facts("train", *TRAINED)
    for choices in (
        {"clipping": "1.0"},
        {"dropout": "0.1_0.05"},
        {"batch_norm": "on"},
        {"learning_rate": "3e-3"},
        {"scheduler": "none"},
        {"batch_size": "32"},
    ):
        assert facts("train", *TRAINED, **choices)["best_val_loss"] != plain["best_val_loss"], choices
    assert facts("train", *TRAINED, levels="5")["receptive_field"] == 125
    longer = facts("train", *TRAINED, epochs="150", patience="30")
    assert longer["epochs_run"] > plain["epochs_run"]
    assert facts("train", *TRAINED, scheduler="none")["last_rate"] == pytest.approx(1e-3)


def test_the_network_can_fit_a_few_rows():
    found = facts("overfit", *FEATURES[:2], "overfit", dropout="0.1_0.05")
    assert found["ten_E0"] < 0.2 and found["hundred_E0"] < 0.2
    assert found["ten"]["last_loss"] < found["ten"]["first_loss"]
