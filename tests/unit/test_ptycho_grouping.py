"""Groups, canvases and stitching of ``ptycho``, against all distances and pixels counted one by one."""

import numpy as np
import pytest

from faultline.cases.ptycho import checks, comparison, grouping, stitching
from faultline.cases.ptycho.scene import N

PLACES = np.random.default_rng(0).integers(14, 27, (40, 2)).astype(float)


def groups(members, neighbor_count, number=32, places=PLACES):
    return grouping.neighbors(np.random.default_rng(1), places, members, neighbor_count, number)


@pytest.mark.parametrize("members, neighbor_count", [(1, 4), (4, 4), (4, 5), (4, 9)])
def test_each_group_has_members_among_the_nearest_of_its_seed(members, neighbor_count):
    found = groups(members, neighbor_count)
    assert found.shape == (32, members)
    assert len(set(found[:, 0])) == 32
    assert checks.group_stretch(PLACES, found, neighbor_count) <= 1
    if neighbor_count > members > 1:
        assert checks.group_stretch(PLACES, found, members) > 1


def test_a_member_that_is_there_twice_or_too_far_away_is_seen():
    found = groups(4, 4)
    twice, far = found.copy(), found.copy()
    twice[3, 1] = twice[3, 2]
    far[3, 1] = np.argmax(((PLACES - PLACES[far[3, 0]]) ** 2).sum(axis=1))
    assert checks.group_stretch(PLACES, twice, 4) == np.inf
    assert checks.group_stretch(PLACES, far, 4) > 1


def test_there_are_no_more_groups_than_points():
    assert len(groups(1, 4, number=400)) == 40
    assert len(groups(1, 4, number=7)) == 7


def test_too_few_points_or_neighbors_are_refused_as_the_system_does():
    with pytest.raises(ValueError, match="Dataset has only 2 points but 4 coordinates per group requested"):
        groups(4, 4, places=PLACES[:2])
    with pytest.raises(ValueError, match="neighbor_count is only 1"):
        groups(4, 1)


def test_the_regions_of_a_grid_are_the_groups():
    np.testing.assert_array_equal(
        grouping.of_regions(np.repeat([7, 8, 9], 4), 4, 2), np.arange(8).reshape(2, 4)
    )


def test_offsets_and_relative_coordinates_make_up_the_places():
    indices, origin = groups(4, 5), np.array([20.0, 20.0])
    offsets, relative = grouping.coordinates(PLACES, indices, origin)
    assert offsets.shape == (32, 1, 2, 1) and relative.shape == (32, 1, 2, 4)
    np.testing.assert_allclose((offsets + relative)[:, 0].transpose(0, 2, 1) + origin, PLACES[indices])
    np.testing.assert_allclose(relative.mean(axis=-1), 0, atol=1e-12)
    found = grouping.axis_statistics(offsets)
    assert found["y"]["max"] == offsets[:, 0, 0].max() and found["x"]["std"] == offsets[:, 0, 1].std()


def test_the_old_canvas_and_the_required_one_are_those_of_the_authors():
    assert [stitching.padded_size(size, 64, 4, 10) for size in (1, 2)] == [74, 78]
    assert stitching.required_size(np.array([[381.8, -12.0]]), 64) == 828
    assert stitching.required_size(np.array([[-6.0, 2.0]])) == 28
    assert stitching.required_size(np.array([[0.4, 0.0]])) == 18  # 17 has another parity


@pytest.mark.parametrize("size", [16, 18, 28, 30])
def test_what_a_canvas_keeps_is_what_is_stitched_of_ones_and_what_is_counted(size):
    offsets = PLACES - 20
    total = np.zeros((60, 60))
    for y, x in offsets.astype(int):
        total[30 + y - 8 : 30 + y + 8, 30 + x - 8 : 30 + x + 8] += 1
    inside = slice(30 - size // 2, 30 + size // 2)
    kept = stitching.kept(offsets, size)
    assert kept == pytest.approx(total[inside, inside].sum() / total.sum())
    assert 1 - kept == pytest.approx(checks.lost(offsets, size))
    assert (kept == 1) == (size >= stitching.required_size(offsets))


def test_patches_of_one_image_are_stitched_to_that_image():
    image = np.random.default_rng(2).random((40, 40))
    patches = np.stack([image[int(y) - 8 : int(y) + 8, int(x) - 8 : int(x) + 8] for y, x in PLACES])
    for size in (18, 28):
        average, weights = stitching.stitched(patches, PLACES - 20, size, "alike")
        on_object, seen = (stitching.on_object(each, 40) for each in (average, weights))
        np.testing.assert_allclose(on_object[seen > 0], image[seen > 0])
        assert (on_object[seen == 0] == 0).all()
    average, weights = stitching.stitched(patches, PLACES - 20, 28, "differently")
    on_object, seen = (stitching.on_object(each, 40) for each in (average, weights))
    assert on_object[seen > 0].mean() < 0.9 * image[seen > 0].mean()


def test_a_canvas_wider_than_the_object_is_cut_around_the_center():
    canvas = np.arange(48.0 * 48).reshape(48, 48)
    np.testing.assert_array_equal(stitching.on_object(canvas, 40), canvas[4:44, 4:44])


def test_the_comparison_finds_a_factor_and_what_it_leaves():
    rng = np.random.default_rng(3)
    truth = 2 + rng.random(500)
    found = comparison.compared(truth, truth / 12)
    assert found["ratio"] == pytest.approx(1 / 12) and found["least_squares"] == pytest.approx(12)
    assert found["residual"] == pytest.approx(0, abs=1e-12) and found[
        "constant_factor_share"
    ] == pytest.approx(1)
    assert found["pearson"] == pytest.approx(1) and found["ratio_spread"]["median"] == pytest.approx(1 / 12)
    noisy = truth / 12 + 0.05 * rng.standard_normal(500)
    factor = comparison.least_squares(truth, noisy)
    tried = [np.sum((truth - each * noisy) ** 2) for each in (factor, factor - 1e-3, factor + 1e-3)]
    assert min(tried) == tried[0]
    assert comparison.compared(truth, noisy)["residual"] > 0.1


def test_the_comparison_of_what_is_not_finite_is_not_finite():
    found = comparison.compared(np.ones(4), np.array([1.0, np.nan, 1.0, 1.0]))
    assert np.isnan(found["ratio_error"]) and np.isnan(found["pearson"]) and found["nan_count"] == 1


def test_where_the_probe_shone_is_where_its_light_sums_up():
    probe = np.zeros((N, N))
    probe[8, 8] = 2
    light = comparison.exposure(probe, np.array([[20.0, 20.0], [20.0, 20.0], [22.0, 19.0]]), 40)
    assert light[20, 20] == 8 and light[22, 19] == 4 and light.sum() == 12
    assert comparison.shone(probe, np.array([[20.0, 20.0]]), 40).sum() == 1


def test_a_mean_phase_of_each_half_is_no_error():
    waves = [np.exp(0.2j * np.linspace(-1, 1, 50)), np.exp(0.1j * np.linspace(-1, 1, 30) ** 2)]
    found = comparison.phase_errors(waves, [waves[0] * np.exp(0.7j), 3 * waves[1] * np.exp(-0.2j)])
    assert found["mae"] == pytest.approx(0, abs=1e-12) and found["pearson"] == pytest.approx(1)
    bent = [waves[0] ** 2, waves[1]]
    assert comparison.phase_errors(waves, bent)["max"] == pytest.approx(0.2)


def test_the_regions_of_a_grid_stretch_over_their_diagonal():
    raster = np.stack(np.meshgrid([0, 1], [0, 1], indexing="ij"), -1).reshape(-1, 2)
    places = np.concatenate([raster, np.add(raster, [0, 1])]).astype(float)
    regions = np.arange(8).reshape(2, 4)
    assert checks.group_stretch(places, regions, None) == pytest.approx(1)
    assert checks.group_stretch(places, regions[:, [0, 1, 2, 2]], None) == np.inf
