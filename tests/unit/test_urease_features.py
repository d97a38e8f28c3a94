"""What enters the network of ``urease``: padding, scaling, cadences, constant inputs, and the checks of files."""

import numpy as np
import pytest
from urease_runs import FEATURES, through

from faultline.cases.urease import dataset, features, reports
from faultline.core.errors import InputError

TIMES = np.arange(30) * dataset.GRID


def facts(**choices):
    return through(*FEATURES, **choices)["features"].facts


@pytest.mark.parametrize(("prefix", "points"), [(10, 10), (30, 30), (60, 60), (300, 100)])
def test_a_record_has_the_points_of_the_authors_grid(prefix, points):
    assert len(dataset.times_of({"cadences": "uniform", "prefix": float(prefix)}, dataset.GRID)) == points


def test_edge_padding_repeats_times_and_the_others_do_not():
    ph, times, ends = np.sin(TIMES)[None], TIMES[None], np.array([30.0])
    edge, interpolated, masked = (
        features.padded(ph, times, ends, how) for how in ("edge", "interpolate", "mask")
    )
    assert [features.duplicates(each) for each in (edge, interpolated, masked)] == [0.7, 0, 0]
    np.testing.assert_allclose(interpolated.t[0], np.linspace(0, 30, 100))
    np.testing.assert_allclose(interpolated.pH[0], np.interp(np.linspace(0, 30, 100), TIMES, ph[0]))
    assert masked.counted.sum() == 30 and edge.counted.sum() == 100


def test_a_global_scale_keeps_cadences_apart_and_one_for_each_sequence_does_not():
    ratio = {
        time: facts(time=time)["cadence_ratio"] for time in ("absent", "raw", "global_z", "per_sequence_z")
    }
    assert ratio == pytest.approx({"absent": 1, "raw": 100 / 3, "global_z": 100 / 3, "per_sequence_z": 1})
    steps = {
        dt: facts(time="per_sequence_z", dt_channel=dt)
        for dt in ("off", "from_network_time", "from_raw_time")
    }
    assert [round(each["cadence_ratio"]) for each in steps.values()] == [1, 1, 33]
    assert [each["channels"] for each in steps.values()] == [2, 3, 3]


def test_a_global_scale_keeps_the_initial_ph_and_one_for_each_sequence_does_not():
    told = {how: facts(ph_scale=how) for how in ("global_z", "per_sequence_z", "raw")}
    assert told["global_z"]["initial_ph_told"] == pytest.approx(told["raw"]["initial_ph_told"], abs=1e-3)
    assert told["global_z"]["initial_ph_told"] > 0.99 > told["per_sequence_z"]["initial_ph_told"]
    assert told["raw"]["initial_ph_before"] == pytest.approx(told["raw"]["initial_ph_after"], abs=1e-6)


def test_a_constant_input_enters_multiplied_by_the_inverse_of_epsilon_unless_it_is_dropped():
    kept, dropped = (facts(constant_input=how) for how in ("normalised", "dropped"))
    assert kept["constant_columns"] == dropped["constant_columns"] == ["volume_L"]
    assert kept["amplification"] == pytest.approx(0.05 / 1e-8, rel=1e-3) and dropped["amplification"] < 10
    assert (kept["known_columns"], dropped["known_columns"]) == (5, 4)


def test_validation_rows_are_scaled_by_the_statistics_of_the_rows_for_training():
    made = through(*FEATURES)
    known, rows = made["generate"].known_inputs, made["split"]
    train = known[rows.train_index]
    wanted = (known[rows.val_index] - train.mean(axis=0)) / (train.std(axis=0) + 1e-8)
    np.testing.assert_allclose(made["features"].val_known, wanted, atol=1e-5)
    assert made["features"].facts["stats_difference"] < 1e-5
    assert not set(rows.train_index) & set(rows.val_index) and min(rows.test_index) == 200


@pytest.mark.parametrize(("seed", "same"), [("none", False), ("42", True)])
def test_a_split_with_a_seed_can_be_repeated(seed, same):
    one = through(*FEATURES[:2], split_seed=seed)["split"]
    assert (one.facts["repeat_difference"] == 0) == same
    other = through(*FEATURES[:2], split_seed=seed, seed=43)["split"]
    assert np.array_equal(one.train_index, other.train_index) == same


def test_the_noise_is_that_of_the_simulator():
    assert facts()["noise_ratio"] == pytest.approx(1, abs=0.15)


def test_a_file_holds_each_prefix_and_says_which_there_are(tmp_path):
    metadata = reports.write_data(tmp_path, ["uniform_10s", "uniform"], 42, "edge")
    path = tmp_path / "training_data.npz"
    found = reports.read_data(path, 30.0, metadata)
    assert [found[part].shape for part in reports.PARTS] == [(300, 100), (300, 100), (300, 5), (300, 2)]
    assert tuple(metadata["known_inputs"]) == dataset.KNOWN_INPUTS
    with pytest.raises(InputError, match="Prefix 60s not found. Available: prefix_10s, prefix_30s"):
        reports.read_data(path, 60.0, metadata)
    with pytest.raises(InputError, match="Param order mismatch"):
        reports.read_data(path, 30.0, {**metadata, "infer_params": ["k_d", "E0_g_per_L"]})


def test_wrong_shapes_and_ranges_are_refused():
    one, two, known, target = np.zeros((3, 9)), np.zeros((3, 8)), np.zeros((3, 5)), np.full((3, 2), 0.002)
    for arrays in (
        (one[:2], one, known, target),
        (one, two, known, target),
        (one, one, known[:, :4], target),
    ):
        with pytest.raises(ValueError, match=r"rows differ|points|5 known"):
            features.check_shapes(*arrays)
    ranges = {"E0_g_per_L": (0.0005, 0.055), "k_d": (1e-5, 5e-3)}
    features.check_targets(dataset.INFER_PARAMS, target, ranges)
    with pytest.raises(ValueError, match="E0_g_per_L must lie in"):
        features.check_targets(dataset.INFER_PARAMS, target, {**ranges, "E0_g_per_L": (0.05, 1.25)})
