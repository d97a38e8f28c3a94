"""The six shared utilities, under their names."""

import json
from pathlib import Path

import models
import numpy as np
import pytest

from faultline.engine.backend import PLAIN


@pytest.fixture
def utils(monkeypatch):
    monkeypatch.syspath_prepend(Path(__file__).parents[2] / "scripts")
    import _diag_utils

    return _diag_utils


def test_safe_point_logps_flags_what_is_not_finite(utils):
    found = utils.safe_point_logps(models.impossible_datum())
    assert next(iter(found["point_logps"])) == "y" and found["total"] == -np.inf
    assert (found["has_inf"], found["n_inf"], found["has_nan"]) == (True, 1, False)


def test_safe_point_logps_takes_a_point(utils):
    model = models.eight_schools()
    point = {**model.initial_point(), "mu": np.array(3.0)}
    expected = model.compile_logp(mode="FAST_COMPILE")(point)
    assert utils.safe_point_logps(model, point)["total"] == pytest.approx(float(expected))


def test_the_compiled_gradient_is_that_of_finite_differences(utils):
    model = models.eight_schools()
    logp, dlogp = utils.compile_logp_and_grad(model, PLAIN)
    point = {**model.initial_point(), "mu": np.array(1.0)}
    step = 1e-6
    up, down = ({**point, "mu": point["mu"] + sign * step} for sign in (1, -1))
    assert dlogp(point)[0] == pytest.approx((logp(up) - logp(down)) / (2 * step), rel=1e-6)


def test_paths_text_and_json(utils, tmp_path):
    paths = utils.make_paths("group_1_build_only_sanity", "2025-12-19T21-00-00", tmp_path)
    assert paths and all(tmp_path in Path(path).parents for path in paths.values())
    utils.write_json(tmp_path / "a.json", {"name": "Ångström", "value": np.float64("nan")})
    assert json.loads((tmp_path / "a.json").read_text(encoding="utf-8"))["value"] == "NaN"
    utils.save_text(tmp_path / "a.md", "ü")
    assert (tmp_path / "a.md").read_text(encoding="utf-8").strip() == "ü"
    assert {"python", "pymc", "pytensor", "arviz", "numpy", "scipy", "platform"} <= set(
        utils.collect_environment()
    )
