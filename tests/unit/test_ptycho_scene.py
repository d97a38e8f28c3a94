"""What ``ptycho`` simulates: object, probe, scan and detector, against sums written out and closed forms."""

import numpy as np
import pytest

from faultline.cases.ptycho import dataset, illumination, model, optics, scene
from faultline.cases.ptycho.scene import SIZE, N

SHAPES = [("ideal", "pixel"), ("ideal", "half_pixel"), ("custom", "pixel"), ("custom", "half_pixel")]


def stream(seed=3):
    """A generator for each purpose, as ``run.substream`` is."""
    return lambda name: np.random.default_rng([seed, *name.encode()])


def simulated(scenario="gs1_ideal", **choices):
    return dataset.simulated(stream(), dataset.resolved(model.SCENARIOS[scenario], **choices))


def test_far_field_amplitudes_are_those_of_a_sum_over_pixels():
    rng = np.random.default_rng(0)
    patch = rng.standard_normal((1, 6, 6)) + 1j * rng.standard_normal((1, 6, 6))
    probe = rng.standard_normal((6, 6)) + 1j * rng.standard_normal((6, 6))
    wave, at = patch[0] * probe, np.arange(6)
    known = np.empty((6, 6))
    for u in range(6):
        for v in range(6):
            turns = ((u - 3) * at[:, None] + (v - 3) * at) / 6  # shifted: frequency 0 lies in the middle
            known[u, v] = abs(np.sum(wave * np.exp(-2j * np.pi * turns))) / 6
    np.testing.assert_allclose(optics.amplitudes(patch, probe)[0], known, atol=1e-12)


def test_light_is_neither_made_nor_lost():
    rng = np.random.default_rng(1)
    patches, probe = rng.random((3, N, N)), rng.random((N, N))
    sums = (optics.amplitudes(patches, probe) ** 2).sum(axis=(1, 2))
    np.testing.assert_allclose(sums, ((patches * probe) ** 2).sum(axis=(1, 2)), rtol=1e-12)


def test_the_fallback_is_right_where_the_gain_has_been_applied_and_only_there():
    assert optics.fallback_scale(1e9, 64) == pytest.approx(988.21, abs=0.01)
    frames = np.random.default_rng(2).random((5, N, N))
    gain = optics.gain_of(frames)
    assert optics.power(gain * frames) == pytest.approx((N / 2) ** 2)
    assert optics.scale_of(gain * frames, 1e5) == pytest.approx(optics.fallback_scale(1e5))
    assert optics.scale_of(frames, 1e5) == pytest.approx(gain * optics.fallback_scale(1e5))


def test_stored_amplitudes_are_roots_of_counts_with_the_photons_that_were_asked_for():
    frames = np.random.default_rng(2).random((40, N, N))
    scale = optics.scale_of(frames, 1e4)
    counts = (scale * optics.detected(np.random.default_rng(4), frames, scale).astype(float)) ** 2
    np.testing.assert_allclose(counts, counts.round(), atol=1e-3)
    assert counts.sum(axis=(1, 2)).mean() == pytest.approx(1e4, rel=5 / np.sqrt(40 * 1e4))


@pytest.mark.parametrize("kind, center", SHAPES)
@pytest.mark.parametrize("path", illumination.SCALED)
def test_a_probe_has_the_mean_that_its_scale_says(kind, center, path):
    middle = illumination.center_of(center)
    probe = illumination.SCALED[path](illumination.shape(kind, middle), 4.0, middle)
    assert probe.dtype == np.complex64
    assert np.abs(probe * illumination.disc(middle)).mean() == pytest.approx(1 / 4, rel=1e-5)
    assert illumination.statistics(probe)["l2_norm"] == pytest.approx(np.linalg.norm(probe), rel=1e-5)


@pytest.mark.parametrize("kind, center", SHAPES)
def test_the_two_ways_to_a_probe_differ_by_rounding(kind, center):
    middle = illumination.center_of(center)
    one, other = (way(illumination.shape(kind, middle), 10.0, middle) for way in illumination.SCALED.values())
    assert 0 < np.abs(one - other).max() < 1e-6


def test_a_disc_between_pixels_has_no_light_at_the_highest_frequency_and_one_on_a_pixel_has():
    dark, lit = (
        np.abs(np.fft.fft2(illumination.shape("ideal", illumination.center_of(center))))[N // 2]
        for center in ("half_pixel", "pixel")
    )
    assert dark.max() < 1e-12 < 1e-3 < lit.max()
    assert np.abs(np.fft.fft2(illumination.shape("custom", (N - 1) / 2)))[N // 2].max() > 1e-3


def test_the_object_is_real_and_positive_with_the_mean_of_the_lines():
    found = scene.lines(np.random.default_rng(5))
    assert found.shape == (SIZE, SIZE) and found.min() > 0
    assert found.mean() == pytest.approx(2.708)
    heights = [scene.lines(np.random.default_rng(seed)).max() for seed in range(8)]
    assert 3.5 < np.mean(heights) < 4.6


def test_a_blank_region_has_frames_without_any_light():
    arrays, facts = simulated(blank_region="yes")
    assert facts["empty_frames"] > 0
    dark = arrays["diff3d"].max(axis=(1, 2)) == 0
    assert dark.sum() == facts["empty_frames"]
    assert simulated(blank_region="no")[1]["empty_frames"] == 0


def test_positions_stay_off_the_buffer_and_a_grid_is_a_raster_of_regions():
    places, regions = scene.positions(np.random.default_rng(6), "nongrid", 64, 1)
    assert places.min() >= 14 and places.max() <= 26 and len(set(regions)) == 64
    raster, regions = scene.positions(np.random.default_rng(6), "grid", 64, 2)
    assert raster.min() >= 14 and raster.max() <= 26 and len(raster) == 64
    blocks = raster.reshape(16, 4, 2)
    np.testing.assert_array_equal(
        blocks - blocks[:, :1], np.broadcast_to([[0, 0], [0, 1], [1, 0], [1, 1]], blocks.shape)
    )
    np.testing.assert_array_equal(regions, np.repeat(np.arange(16), 4))


def test_a_data_set_has_the_names_and_types_of_the_contract():
    arrays, _ = simulated()
    types = {name: (str(array.dtype), array.ndim) for name, array in arrays.items()}
    one = dict.fromkeys(("xcoords", "ycoords", "xcoords_start", "ycoords_start"), ("float64", 1))
    assert types == one | {
        "diff3d": ("float32", 3),
        "probeGuess": ("complex64", 2),
        "objectGuess": ("complex64", 2),
        "scan_index": ("int64", 1),
    }


def test_a_grid_has_the_object_divided_by_the_mean_of_the_patches_maxima():
    arrays, _ = simulated(scan="grid")
    places = np.stack([arrays["ycoords"], arrays["xcoords"]], axis=-1)
    patches = scene.patches(np.abs(arrays["objectGuess"]), places)
    assert patches.max(axis=(1, 2)).mean() == pytest.approx(1, rel=1e-6)


def test_another_probe_brings_its_own_scale_and_the_legacy_scenario_keeps_its():
    assert dataset.resolved(model.SCENARIOS["gs1_ideal"], probe="custom")["probe_scale"] == 4.0
    assert dataset.resolved(model.SCENARIOS["gs1_custom"], probe="ideal")["probe_scale"] == 10.0
    assert dataset.resolved(model.SCENARIOS["dose_legacy"], probe="ideal")["probe_scale"] == 4.0
