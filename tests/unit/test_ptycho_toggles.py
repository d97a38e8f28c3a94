"""Each toggle of ``ptycho``: what its choices do to the quantity that it touches."""

from pathlib import Path

import numpy as np
import pytest
from ptycho_runs import SIGNATURE, STAGES, SYSTEM, through

from faultline.cases.ptycho import dataset, model, optics

pytestmark = [pytest.mark.slow, pytest.mark.long]
DATA, GROUPED, TRAINED = SYSTEM[:1], SYSTEM[:3], SYSTEM[:4]


def facts(stage, *stages, **choices):
    return through(*stages, **choices)[stage].facts


@pytest.fixture(scope="module")
def repaired():
    return through(*STAGES)


def test_every_toggle_of_the_system_is_there_and_a_test_here_names_it():
    named = Path(__file__).read_text()
    assert all(f"{toggle}=" in named for toggle in SIGNATURE.variants)
    assert len(SIGNATURE.variants) == 21


def test_scan_is_a_raster_or_anywhere():
    grid, anywhere = (len(set(through(*DATA, scan=scan)["simulate"].ycoords)) for scan in ("grid", "nongrid"))
    assert grid == 8 < anywhere


def test_probe_is_that_of_the_scenario_or_another():
    scenario, ideal, custom = (
        through(*DATA, probe=probe)["simulate"].probeGuess for probe in ("scenario", "ideal", "custom")
    )
    np.testing.assert_array_equal(scenario, ideal)
    assert np.abs(ideal.imag).max() == 0 < np.abs(custom.imag).max()


def test_probe_center_moves_the_probe_by_half_a_pixel():
    at = np.arange(16)

    def middle(center):
        light = np.abs(through(*DATA, probe_center=center)["simulate"].probeGuess) ** 2
        return (light.sum(axis=1) @ at) / light.sum()

    assert middle("pixel") == pytest.approx(8) and middle("half_pixel") == pytest.approx(7.5)
    assert middle("scenario") == pytest.approx(8)


def test_probe_path_changes_the_last_digits():
    one, other = (
        through(*DATA, probe_path=path)["simulate"].probeGuess for path in ("make_probe", "set_default_probe")
    )
    assert 0 < np.abs(one - other).max() < 1e-6


def test_blank_region_empties_frames():
    empty = [
        facts("simulate", *DATA, blank_region=choice)["empty_frames"] for choice in ("yes", "no", "scenario")
    ]
    assert empty[0] > 0 == empty[1] == empty[2]


def test_no_toggle_but_those_of_the_object_changes_the_object():
    plain = through(*DATA)["simulate"].objectGuess
    for change in ({"probe": "custom"}, {"probe_center": "half_pixel"}, {"gridsize": "2"}):
        np.testing.assert_array_equal(through(*DATA, **change)["simulate"].objectGuess, plain)


def test_points_are_all_of_a_half_or_two():
    assert [facts("split", *SYSTEM[:2], points=points)["points"] for points in ("many", "two")] == [32, 2]
    with pytest.raises(ValueError, match="Dataset has only 2 points but 4 coordinates per group requested"):
        through(*GROUPED, scenario="gs2_ideal", points="two")
    with pytest.raises(ValueError, match="Dataset has only 2 points"):
        through(*GROUPED, scenario="dose_legacy")


def test_gridsize_is_the_root_of_a_groups_members():
    sizes = [through(*GROUPED, gridsize=size)["group"].nn_indices.shape for size in ("scenario", "1", "2")]
    assert sizes == [(2, 32, 1), (2, 32, 1), (2, 32, 4)]


def test_neighbor_count_says_among_how_many_a_groups_members_are():
    asked = {"scenario": "gs2_ideal"}
    four, five = (through(*GROUPED, **asked, neighbor_count=count)["group"] for count in ("scenario", "5"))
    assert (four.facts["neighbor_count"], five.facts["neighbor_count"]) == (4, 5)
    assert (four.nn_indices != five.nn_indices).any()
    with pytest.raises(ValueError, match="neighbor_count is only 1"):
        through(*GROUPED, **asked, neighbor_count="1")


def test_group_count_is_met_as_far_as_there_are_points():
    counts = [
        (found["groups_requested"], found["groups_achieved"])
        for found in (facts("group", *GROUPED, group_count=count) for count in ("scenario", "fewer", "more"))
    ]
    assert counts == [(32, 32), (16, 16), (64, 32)]


def test_snapshot_has_scale_and_gridsize_of_the_scenario_before():
    asked = {"scenario": "gs2_ideal", "snapshot": "scenario_before"}
    made = through(*TRAINED, **asked, epochs="5")
    assert made["group"].facts["gridsize"] == model.SCENARIOS["gs1_custom"]["gridsize"] == 1
    own = facts("train", *TRAINED, scenario="gs2_ideal", epochs="5", snapshot="refreshed")[
        "intensity_scale_before"
    ]
    stale = made["train"].facts["intensity_scale_before"]
    assert abs(own / made["simulate"].facts["intensity_scale"] - 1) < 0.01 < abs(stale / own - 1)
    before = dataset.resolved(model.SCENARIOS["gs1_custom"])
    scales = [
        dataset.simulated(lambda name, seed=seed: np.random.default_rng([seed, *name.encode()]), before)[1][
            "intensity_scale"
        ]
        for seed in range(8)
    ]
    assert min(scales) * 0.8 < stale < max(scales) * 1.2


def test_intensity_scale_is_the_closed_form_or_that_of_the_frames(repaired):
    fallback = facts("train", *TRAINED, intensity_scale="fallback", epochs="5")["intensity_scale"]
    assert fallback == pytest.approx([optics.fallback_scale(1e5)] * 2, rel=1e-6)
    known = repaired["simulate"].facts["intensity_scale"]
    assert repaired["train"].facts["intensity_scale"] == pytest.approx([known] * 2, rel=0.01)
    assert repaired["check_scale"].facts["scale_error"] < 0.01


def test_log_scale_moves_only_where_it_is_trained():
    moved = {choice: facts("train", *TRAINED, log_scale=choice) for choice in ("fixed", "trainable")}
    drift = {
        name: abs(found["intensity_scale"][0] / found["intensity_scale_before"] - 1)
        for name, found in moved.items()
    }
    assert drift["fixed"] < 1e-6 < 0.05 < drift["trainable"]


def test_amplitude_head_bounds_the_object(repaired):
    sigmoid, relu, swish = (
        through(*TRAINED, amplitude_head=head)["train"].object for head in ("sigmoid", "relu", "swish")
    )
    assert sigmoid.max() <= 1 < repaired["train"].object.max()
    assert relu.min() == 0 < repaired["train"].object.min()
    assert -0.2785 < swish.min() < 0


def test_gauge_undoes_the_gain_of_the_loader(repaired):
    kept = through(*SYSTEM[:5], gauge="normalized")["infer"].patches
    np.testing.assert_allclose(kept / repaired["split"].facts["gain"], repaired["infer"].patches, rtol=1e-6)


def test_probe_scaling_twice_divides_the_models_probe_alone(repaired):
    made = through(*TRAINED, probe_scaling="twice", epochs="5")
    np.testing.assert_array_equal(made["simulate"].diff3d, repaired["simulate"].diff3d)
    np.testing.assert_allclose(10 * made["train"].probe, repaired["train"].probe, rtol=1e-6)


def test_positivity_keeps_a_fit_finite_that_meets_a_zero():
    asked = {"preset": "as_it_stood", "probe_center": "half_pixel", "epochs": "2000_steps"}
    bare, kept = (facts("train", *TRAINED, **asked, positivity=choice) for choice in ("none", "1e-12"))
    assert bare["nan_count"] > 0 and bare["first_nan_step"] is not None and bare["finite"] == 0
    assert kept["nan_count"] == 0 and kept["first_nan_step"] is None and kept["finite"] == 1


def test_loss_is_the_likelihood_or_the_absolute_error_of_amplitudes(repaired):
    made = through(*TRAINED, loss="mae")
    assert (made["train"].object != repaired["train"].object).any()


def test_epochs_count_looks_at_every_group_and_few_of_them_do_not_move_far():
    steps = {name: facts("train", *TRAINED, epochs=name) for name in ("5", "60", "400_steps")}
    assert [each["steps"] for each in steps.values()] == [5 * 32, 60 * 32, 400]
    amplitude = through(*TRAINED, epochs="5", amplitude_head="sigmoid")["train"].object
    assert amplitude.mean() == pytest.approx(0.5, abs=0.05)  # where it started
    assert "2000_steps" in SIGNATURE.variants["epochs"].choices


def test_canvas_is_the_old_one_or_holds_all_patches(repaired):
    old = facts("stitch", *SYSTEM[:6], canvas="padded")
    new = repaired["stitch"].facts
    assert (old["size"], old["fits_canvas"], new["fits_canvas"], new["kept"]) == (18, False, True, 1.0)
    assert 0.6 < old["kept"] < 0.9 and old["from_origin"]["kept"] < 0.05
    assert new["size"] == new["required_size"] <= 28


def test_the_required_canvas_is_the_most_over_the_halves(repaired):
    offsets = (repaired["group"].coords_offsets + repaired["group"].coords_relative).reshape(2, -1)
    halves = [16 + 2 * int(np.abs(each).max()) for each in offsets]
    assert repaired["stitch"].facts["size"] == max(halves)


def test_merge_mask_divides_by_the_weights_or_by_ones(repaired):
    made = through(*SYSTEM, merge_mask="differently")
    assert made["compare"].facts["ratio"] < 0.9 < repaired["compare"].facts["ratio"]


def test_rescale_multiplies_by_what_it_names():
    made = {
        choice: through(*SYSTEM, preset="as_it_stood", rescale=choice)
        for choice in ("none", "recorded", "least_squares")
    }
    values = {name: each["compare"].facts["prediction_scale"]["value"] for name, each in made.items()}
    assert values["none"] == 1
    assert values["recorded"] == pytest.approx(made["none"]["train"].facts["intensity_scale"][0])
    assert values["least_squares"] == pytest.approx(made["none"]["compare"].facts["least_squares"])
    none, best = made["none"]["compare"].facts, made["least_squares"]["compare"].facts
    assert best["mae"] == pytest.approx(none["residual"]) and best["pearson"] == pytest.approx(
        none["pearson"]
    )
