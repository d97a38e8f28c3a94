"""Loading and validating datasets: every mistake gets one sentence, and no file can run code."""

import json
import pickle
from pathlib import Path

import numpy as np
import pytest
from gimbal_samples import config

from faultline.cases.gimbal import dataset
from faultline.cases.gimbal.dataset import load_dataset
from faultline.cases.gimbal.generate import simulate
from faultline.core.errors import InputError

ROOT = Path(__file__).resolve().parents[2]

ORIGINAL = ROOT.parent / "shared" / "data" / "v0.2.1_L00_minimal.npz"


@pytest.fixture
def arrays():
    return simulate(config(T=10))


@pytest.fixture
def load(tmp_path):
    def write_and_load(arrays, **limits):
        np.savez(tmp_path / "data.npz", **arrays)
        return load_dataset(tmp_path / "data.npz", **limits)

    return write_and_load


def edit(key, index, value):
    def change(arrays):
        arrays[key] = arrays[key].astype(float) if isinstance(value, float) else arrays[key].copy()
        arrays[key][index] = value

    return change


def without(key):
    return lambda arrays: arrays.pop(key)


def put(key, value):
    return lambda arrays: arrays.__setitem__(key, value(arrays) if callable(value) else np.array(value))


def reconfigure(*path, value):
    def change(arrays):
        settings = json.loads(str(arrays["config_json"]))
        place = settings
        for key in path[:-1]:
            place = place[key]
        place[path[-1]] = value
        arrays["config_json"] = np.array(json.dumps(settings))

    return change


SIZE = ("dataset_spec", "cameras", "image_size")
MISTAKES = {
    "missing pixels key": (without("y_2d"), "has no key 'y_2d'"),
    "missing cameras key": (without("camera_proj"), "has no key 'camera_proj'"),
    "missing parents key": (without("parents"), "has no key 'parents'"),
    "missing configuration": (without("config_json"), "has no key 'config_json'"),
    "pixels of three dimensions": (put("y_2d", lambda a: a["y_2d"][0]), r"y_2d has shape \(10, 4, 2\)"),
    "no frames": (put("y_2d", lambda a: a["y_2d"][:, :0]), "y_2d has shape"),
    "cameras do not match": (put("camera_proj", lambda a: a["camera_proj"][:2]), r"must be \(3, 3, 4\)"),
    "parents do not match": (put("parents", [-1, 0]), r"parents has shape \(2,\)"),
    "truth does not match": (put("x_true", lambda a: a["x_true"][:5]), "x_true has shape"),
    "lengths do not match": (put("bone_lengths", [1.0]), "bone_lengths has shape"),
    "text for numbers": (put("camera_proj", "abc"), "not numbers"),
    "cycle": (put("parents", [-1, 0, 3, 2]), "leads into a cycle"),
    "own parent": (put("parents", [-1, 1, 1, 1]), "leads into a cycle"),
    "no root": (put("parents", [1, 0, 1, 1]), "is not a tree"),
    "two roots": (put("parents", [-1, 0, -1, 1]), "is not a tree"),
    "root is not joint 0": (put("parents", [1, -1, 1, 1]), "is not a tree"),
    "parent out of range": (put("parents", [-1, 0, 1, 9]), r"parents\[3\] = 9 is out of range"),
    "negative parent": (put("parents", [-1, 0, 1, -2]), r"parents\[3\] = -2 is out of range"),
    "fractional parents": (put("parents", [-1.0, 0.0, 1.0, 1.5]), "whole numbers"),
    "camera with NaN": (edit("camera_proj", (1, 0, 0), np.nan), r"camera_proj\[1\] is not finite"),
    "camera with infinity": (edit("camera_proj", (2, 1, 3), np.inf), r"camera_proj\[2\] is not finite"),
    "camera of zeros": (edit("camera_proj", 0, 0.0), "rank below 3"),
    "infinite pixel": (edit("y_2d", (0, 0, 0, 0), np.inf), "infinite pixels"),
    "nothing seen": (edit("y_2d", ..., np.nan), "all values of y_2d are missing"),
    "one camera for a joint": (
        edit("y_2d", (slice(1, None), slice(None), 2), np.nan),
        r"joint 2 \(distal_left\) is seen by 1 of 3 cameras",
    ),
    "configuration is no JSON": (put("config_json", "{"), "not JSON"),
    "configuration is a list": (put("config_json", "[]"), "JSON object"),
    "no image size": (reconfigure(*SIZE, value=None), "image_size is None"),
    "image size of zero": (reconfigure(*SIZE, value=[0, 720]), "image_size"),
    "truth with NaN": (
        edit("x_true", (3, 1, 2), np.nan),
        r"x_true\[3, 1, 2\] is nan, which is not a finite number",
    ),
    "truth with infinity": (edit("a_true", (0, 0, 0), np.inf), r"a_true\[0, 0, 0\] is inf"),
    "a length below zero": (edit("bone_lengths", 2, -1.0), r"bone_lengths\[2\] is -1.0, which is negative"),
    "a state below zero": (edit("z_true", 4, -1), r"z_true\[4\] is -1, which is not a state from 0 to 0"),
    "a state that is none": (edit("z_true", 4, 7), r"z_true\[4\] is 7"),
    "half a state": (edit("z_true", 4, 0.5), r"z_true\[4\] is 0.5"),
    "cameras of huge numbers": (edit("camera_proj", 0, 1e308), "rank below 3"),
    "configuration of many digits": (put("config_json", '{"a": ' + "9" * 5000 + "}"), "not JSON"),
    "configuration nested": (put("config_json", "[" * 100_000), "not JSON"),
    "image size of infinity": (reconfigure(*SIZE, value=[float("inf"), 720]), "image_size is"),
    "no states": (reconfigure("dataset_spec", "states", "num_states", value=0), "num_states is 0"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_gets_one_sentence(mistake, arrays, load):
    change, sentence = MISTAKES[mistake]
    change(arrays)
    with pytest.raises(InputError, match=sentence) as caught:
        load(arrays)
    assert "\n" not in str(caught.value)


def test_a_joint_that_no_two_cameras_see_at_once_is_refused(arrays, load):
    arrays["y_2d"][0, ::2, 1] = np.nan
    arrays["y_2d"][1, 1::2, 1] = np.nan
    arrays["y_2d"][2, :, 1] = np.nan
    with pytest.raises(InputError, match="never seen by two cameras in one frame"):
        load(arrays)


@pytest.mark.parametrize(
    ("limits", "sentence"),
    [
        ({"max_T": 1}, "max_T = 1 is out of range"),
        ({"max_T": 0}, "max_T = 0 is out of range"),
        ({"max_T": -3}, "max_T = -3 is out of range"),
        ({"max_K": 0}, "max_K = 0 is out of range"),
        ({"max_K": 1}, "max_K = 1 is out of range"),
    ],
)
def test_limits_out_of_range_are_refused(limits, sentence, arrays, load):
    with pytest.raises(InputError, match=sentence):
        load(arrays, **limits)


def test_a_limit_that_cuts_off_a_parent_is_refused(arrays, load):
    arrays["parents"] = np.array([-1, 3, 1, 0])
    load(arrays)
    with pytest.raises(InputError, match="drops its parent 3"):
        load(arrays, max_K=2)


def test_limits_beyond_the_size_leave_the_dataset_whole(arrays, load):
    whole = load(arrays, max_T=1000, max_K=8)
    assert (whole.n_cameras, whole.n_frames, whole.n_joints) == (3, 10, 4)


def test_truncation_cuts_every_array_and_is_validated_again(arrays, load):
    cut = load(arrays, max_T=5, max_K=3)
    assert cut.y_2d.shape == (3, 5, 3, 2) and cut.x_true.shape == (5, 3, 3) and cut.z_true.shape == (5,)
    assert cut.joint_names == ("root", "proximal", "distal_left") and cut.bone_lengths.tolist() == [0, 10, 8]
    np.testing.assert_array_equal(cut.y_2d, arrays["y_2d"][:, :5, :3])
    arrays["y_2d"][:2, :5, 1] = np.nan
    load(arrays)
    with pytest.raises(InputError, match="joint 1"):
        load(arrays, max_T=5)


def test_not_an_archive(tmp_path):
    with pytest.raises(InputError, match="does not exist"):
        load_dataset(tmp_path / "absent.npz")
    for content in (b"plain text", pickle.dumps([1, 2]), b""):
        (tmp_path / "odd.npz").write_bytes(content)
        with pytest.raises(InputError, match="is not an .npz file"):
            load_dataset(tmp_path / "odd.npz")


def test_a_damaged_archive(tmp_path, arrays):
    np.savez_compressed(tmp_path / "damaged.npz", **arrays)
    content = bytearray((tmp_path / "damaged.npz").read_bytes())
    content[200:400] = b"\0" * 200
    (tmp_path / "damaged.npz").write_bytes(bytes(content))
    with pytest.raises(InputError, match=r"damaged\.npz: '\w+' is damaged"):
        load_dataset(tmp_path / "damaged.npz")


def test_an_archive_that_would_fill_the_memory(tmp_path, monkeypatch):
    """What is declared is held against the limit before anything is unpacked."""
    assert dataset.LARGEST <= 2**30
    monkeypatch.setattr(dataset, "LARGEST", 2**20)
    np.savez_compressed(tmp_path / "bomb.npz", y_2d=np.zeros(2**19))
    assert (tmp_path / "bomb.npz").stat().st_size < 2**14
    with pytest.raises(InputError, match=r"bomb\.npz unpacks to 4 MB, more than the limit of 1 MB"):
        load_dataset(tmp_path / "bomb.npz")


def test_many_joints_in_one_chain_are_checked_at_once(arrays, load):
    K = 3000
    arrays = {key: arrays[key] for key in ("camera_proj", "config_json")}
    arrays |= {"y_2d": np.ones((3, 2, K, 2)), "parents": np.arange(-1, K - 1)}
    assert load(arrays).n_joints == K
    arrays["parents"] = np.array([-1, *range(2, K), 1])
    with pytest.raises(InputError, match=r"joint 1 \(joint_1\) leads into a cycle"):
        load(arrays)


def test_numbers_of_other_sizes_and_machines_mean_the_same(arrays, load):
    before = load(arrays)
    arrays["camera_proj"] = arrays["camera_proj"].astype(">f8")
    arrays["parents"] = arrays["parents"].astype(">i4")
    arrays["y_2d"] = arrays["y_2d"].astype(np.float32)
    after = load(arrays)
    assert after.camera_proj.dtype == after.y_2d.dtype == float and after.parents.dtype.isnative
    np.testing.assert_array_equal(after.camera_proj, before.camera_proj)


def test_the_truth_may_be_absent(arrays, load):
    for key in ("x_true", "u_true", "a_true", "z_true", "bone_lengths", "joint_names", "config_hash"):
        del arrays[key]
    loaded = load(arrays, max_T=6)
    assert loaded.x_true is None and loaded.joint_names[0] == "root"
    assert loaded.describe()["has_truth"] is False


def test_describe_is_plain_and_counts(arrays, load):
    arrays["y_2d"][0, :3, 2] = np.nan
    arrays["y_2d"][:2, 4, 3, 0] = np.nan
    facts = json.loads(json.dumps(load(arrays).describe()))
    assert (facts["C"], facts["T"], facts["K"], facts["n_states"]) == (3, 10, 4, 1)
    assert (facts["n_observed"], facts["n_missing"]) == (115, 5)
    assert facts["image_size"] == [1280, 720] and facts["points_below_two_cameras"] == 1
    assert [joint["min_cameras_in_a_frame"] for joint in facts["joints"]] == [3, 3, 2, 1]


def test_the_fingerprint_follows_the_content(arrays, load):
    first = load(arrays).fingerprint
    assert load(arrays).fingerprint == first
    arrays["y_2d"][0, 0, 0, 0] += 1e-9
    assert load(arrays).fingerprint != first
    assert load(arrays, max_T=5).fingerprint != load(arrays).fingerprint


class Malicious:
    """Leaves a file behind if it is ever unpickled."""

    def __init__(self, path):
        self.path = str(path)

    def __reduce__(self):
        return (open, (self.path, "w"))


@pytest.mark.parametrize(
    "key", ["joint_names", "y_2d", "camera_proj", "parents", "config_json", "config_hash", "x_true", "extra"]
)
def test_a_dataset_cannot_run_code(key, arrays, tmp_path, load):
    trace = tmp_path / "it-ran"
    arrays[key] = np.array([Malicious(trace)], dtype=object)
    if key == "joint_names":
        assert load(arrays).joint_names[1] == "proximal"
    else:
        with pytest.raises(InputError, match="Python objects"):
            load(arrays)
    assert not trace.exists()


@pytest.mark.skipif(not ORIGINAL.is_file(), reason="the original L00 file is not beside this checkout")
def test_the_original_file_loads_as_it_is():
    original = load_dataset(ORIGINAL, max_T=80, max_K=8)
    assert original.joint_names == ("root", "proximal", "distal_left", "distal_right")
    assert original.y_2d.shape == (3, 80, 4, 2) and original.n_states == 1
    assert original.image_size == (1280, 720)
