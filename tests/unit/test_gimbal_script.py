"""``scripts/make_dataset.py`` by hand: files, facts, picture, and one sentence per mistake."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from gimbal_samples import config
from matplotlib.image import imread

from faultline.cases.gimbal.dataset import load_dataset
from faultline.cases.gimbal.generate import simulate, write
from faultline.cases.gimbal.picture import draw

ROOT = Path(__file__).resolve().parents[2]


def run(*arguments, cwd=None):
    command = [sys.executable, str(ROOT / "scripts" / "make_dataset.py"), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=cwd)


def test_make_describe_and_draw(tmp_path):
    done = run(
        *("--name", "v0.2.1_K6_T100", "--out", tmp_path / "k6.npz"),
        *("--describe", tmp_path / "facts" / "k6.json", "--picture", tmp_path / "pictures" / "k6.png"),
    )
    assert done.returncode == 0, done.stderr
    assert "k6.npz: T 100, K 6, C 3, " in done.stdout
    assert json.loads((tmp_path / "facts" / "k6.json").read_text())["K"] == 6
    picture = imread(tmp_path / "pictures" / "k6.png")
    assert picture.shape[1] > 1000 and picture.std() > 0.05


def test_without_a_place_it_goes_to_the_datasets_of_the_current_folder(tmp_path):
    done = run("--name", "v0.2.1_K6_T100", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "tests" / "diagnostics" / "datasets" / "v0.2.1_K6_T100.npz").is_file()


def test_a_dataset_given_by_path_is_only_read(tmp_path):
    write(tmp_path / "mine.npz", simulate(config(T=5)))
    before = (tmp_path / "mine.npz").read_bytes()
    assert run("--path", tmp_path / "mine.npz").returncode == 0
    assert (tmp_path / "mine.npz").read_bytes() == before
    assert run("--path", tmp_path / "mine.npz", "--out", tmp_path / "other.npz").returncode == 2


@pytest.mark.parametrize(("option", "value"), [("--name", "L99"), ("--path", "absent.npz")])
def test_a_mistake_is_one_sentence_and_exit_1(option, value):
    failed = run(option, value)
    assert failed.returncode == 1 and failed.stdout == ""
    assert value in failed.stderr and failed.stderr.count("\n") == 1 and "Traceback" not in failed.stderr
    assert option == "--path" or "v0.2.1_L02_outliers" in failed.stderr  # the names that there are


def test_any_valid_dataset_can_be_drawn(tmp_path):
    arrays = simulate(config(T=12, missingness_bernoulli_p=0.2))
    for key in ("x_true", "u_true", "a_true", "z_true", "bone_lengths"):
        del arrays[key]
    four = np.concatenate([arrays["camera_proj"], arrays["camera_proj"][:1]])
    arrays |= {"camera_proj": four, "y_2d": np.concatenate([arrays["y_2d"], np.full((1, 12, 4, 2), np.nan)])}
    write(tmp_path / "four.npz", arrays)
    draw(load_dataset(tmp_path / "four.npz"), tmp_path / "four.png")
    assert imread(tmp_path / "four.png").std() > 0.05
