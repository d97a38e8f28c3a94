"""The bundled datasets: the same bytes every time, levels that differ only where they should, L00 like the original."""

import hashlib
import json
from pathlib import Path

import numpy as np
import pytest
from gimbal_samples import config

from faultline.cases import gimbal
from faultline.cases.gimbal import generate
from faultline.cases.gimbal.dataset import load_dataset
from faultline.cases.gimbal.geometry import project, tangent_basis
from faultline.core.errors import InputError

ROOT = Path(__file__).resolve().parents[2]

ORIGINAL = ROOT.parent / "shared" / "data" / "v0.2.1_L00_minimal.npz"
KEYS = [
    "x_true",
    "u_true",
    "a_true",
    "z_true",
    "y_2d",
    "camera_proj",
    "config_json",
    "config_hash",
    "joint_names",
    "parents",
    "bone_lengths",
]


@pytest.fixture(scope="module")
def levels():
    return {name: generate.simulate(generate.level_config(name)) for name in gimbal.DATASETS}


def figures(arrays):
    """What the bundled L00 is compared with the original in."""
    x, P = arrays["x_true"], arrays["camera_proj"]
    depth = np.einsum("cj,tkj->ctk", P[:, 2, :3], x) + P[:, None, None, 2, 3]
    directions = arrays["u_true"][:, 1:].std(axis=0).ravel()
    return {
        "root sd": x[:, 0].std(axis=0),
        # The third component of the upright bone hardly moves: it follows from the other two.
        "direction sd": np.delete(directions, 2),
        "residual sd": (arrays["y_2d"] - project(P, x)).std(),
        "root step sd": np.diff(x[:, 0], axis=0).std(axis=0),
        "depth": depth.min(),
    }


def test_l00_has_the_figures_of_the_original_file(levels):
    found = figures(levels["v0.2.1_L00_minimal"])
    assert found["root sd"] == pytest.approx([0.123, 0.111, 0.120], rel=0.15)
    assert found["direction sd"] == pytest.approx(
        [0.081, 0.066, 0.050, 0.069, 0.053, 0.057, 0.079, 0.049], rel=0.15
    )
    assert found["residual sd"] == pytest.approx(2.006, rel=0.15)
    assert found["root step sd"] == pytest.approx([0.0044] * 3, rel=0.15)
    assert found["depth"] >= 27


@pytest.mark.skipif(not ORIGINAL.is_file(), reason="the original L00 file is not beside this checkout")
def test_l00_is_like_the_original_file(levels):
    with np.load(ORIGINAL, allow_pickle=False) as archive:
        original = {key: archive[key] for key in KEYS if key != "joint_names"}
    found, wanted = figures(levels["v0.2.1_L00_minimal"]), figures(original)
    for name in wanted:
        assert found[name] == pytest.approx(wanted[name], rel=0.15), name
    for key in ("camera_proj", "parents", "bone_lengths"):
        np.testing.assert_allclose(levels["v0.2.1_L00_minimal"][key], original[key], atol=1e-9)


def test_every_level_has_its_name_where_planning_reads_it():
    assert tuple(generate._LEVELS) == gimbal.DATASETS


@pytest.mark.parametrize("name", gimbal.DATASETS)
def test_a_level_is_the_same_file_every_time_and_loads(name, tmp_path):
    paths = [tmp_path / "first.npz", tmp_path / "second.npz"]
    for path in paths:
        generate.make(name, path)
    assert paths[0].read_bytes() == paths[1].read_bytes()
    with np.load(paths[0], allow_pickle=False) as archive:
        assert sorted(archive.files) == sorted(KEYS)
        text = str(archive["config_json"])
        assert str(archive["config_hash"]) == hashlib.sha256(text.encode()).hexdigest()
        assert json.loads(text) == generate.level_config(name)
    loaded = load_dataset(paths[0])
    pixels = project(loaded.camera_proj, loaded.x_true)
    assert (pixels >= 0).all() and (pixels <= loaded.image_size).all(), "the skeleton leaves the image"


def test_levels_add_what_their_names_say(levels):
    noise, outliers, missing = (
        levels[f"v0.2.1_{name}"] for name in ("L01_noise", "L02_outliers", "L03_missingness")
    )
    residual = {id(a): a["y_2d"] - project(a["camera_proj"], a["x_true"]) for a in (noise, outliers, missing)}
    assert residual[id(noise)].std() == pytest.approx(10, rel=0.02)
    far = np.linalg.norm(residual[id(outliers)], axis=-1) > 12
    assert far.mean() == pytest.approx(0.1, abs=0.01)
    assert residual[id(outliers)][far].std() == pytest.approx(50, rel=0.05)
    assert np.nanstd(residual[id(missing)]) == pytest.approx(2, rel=0.02)
    gone = np.isnan(missing["y_2d"]).any(axis=-1)
    assert gone.mean() == pytest.approx(0.2, abs=0.005)
    assert (~gone).sum(axis=0).min() == 2


def test_seed_001_size(levels):
    arrays = levels["v0.2.1_K6_T100"]
    assert arrays["x_true"].shape == (100, 6, 3)
    assert arrays["joint_names"].dtype.kind == "U"


def test_one_seed_differs_only_where_the_configuration_does():
    plain = generate.simulate(config(T=50))
    missing = generate.simulate(config(T=50, missingness_bernoulli_p=0.2))
    outliers = generate.simulate(config(T=50, outlier_fraction=0.1, outlier_std_px=50.0))
    for other in (missing, outliers):
        np.testing.assert_array_equal(plain["x_true"], other["x_true"])
    seen = ~np.isnan(missing["y_2d"])
    np.testing.assert_array_equal(missing["y_2d"][seen], plain["y_2d"][seen])
    assert 0.8 < (outliers["y_2d"] == plain["y_2d"]).mean() < 0.95
    assert not np.array_equal(plain["x_true"], generate.simulate(config(T=50, seed=8))["x_true"])


def test_bones_keep_their_length_and_directions_are_units():
    arrays = generate.simulate(config(T=20))
    bones = arrays["x_true"][:, 1:] - arrays["x_true"][:, arrays["parents"][1:]]
    np.testing.assert_allclose(np.linalg.norm(bones, axis=-1), np.tile([10, 8, 8], (20, 1)))
    np.testing.assert_allclose(np.linalg.norm(arrays["u_true"], axis=-1), np.tile([0, 1, 1, 1], (20, 1)))


def test_more_missing_than_two_cameras_can_bear_is_refused():
    with pytest.raises(InputError, match="two of 3 cameras"):
        generate.simulate(config(missingness_bernoulli_p=0.4))


def test_tangent_basis_is_orthonormal():
    u = np.random.default_rng(0).standard_normal((50, 3))
    u /= np.linalg.norm(u, axis=1, keepdims=True)
    frame = np.concatenate([u[..., None], tangent_basis(u)], axis=-1)
    np.testing.assert_allclose(np.swapaxes(frame, 1, 2) @ frame, np.tile(np.eye(3), (50, 1, 1)), atol=1e-12)
