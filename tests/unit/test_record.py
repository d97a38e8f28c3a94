"""Records survive every value, every reader and every crash."""

import json
import math
import os

import numpy as np
import pytest

from faultline.core import record


def test_json_is_stable_utf8_and_readable_by_every_reader(tmp_path):
    payload = {
        "b": 1,
        "a": [np.float64(0.1), np.int64(2), np.bool_(True)],
        "ü": "é",
        "x": np.array([1.0, math.nan, -math.inf]),
    }
    record.write_json(tmp_path / "1.json", payload)
    record.write_json(tmp_path / "2.json", payload)
    text = (tmp_path / "1.json").read_bytes()
    assert text == (tmp_path / "2.json").read_bytes()
    assert "ü" in text.decode("utf-8")
    strict = json.loads(text, parse_constant=lambda name: pytest.fail(f"{name} is not JSON"))
    assert list(strict) == ["b", "a", "ü", "x"]
    back = record.read_json(tmp_path / "1.json")
    assert back["a"] == [0.1, 2, True]
    assert back["x"][0] == 1 and math.isnan(back["x"][1]) and back["x"][2] == -math.inf


def test_full_precision_survives(tmp_path):
    value = -124220.62000000001
    record.write_json(tmp_path / "x.json", {"value": value})
    assert record.read_json(tmp_path / "x.json")["value"] == value


def test_a_failed_write_leaves_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "x.json"
    record.write_json(path, {"v": 1})
    monkeypatch.setattr(os, "replace", lambda *_: (_ for _ in ()).throw(OSError("disk full")))
    with pytest.raises(OSError, match="disk full"):
        record.write_json(path, {"v": 2})
    assert record.read_json(path) == {"v": 1}
    assert os.listdir(tmp_path) == ["x.json"]


def test_sections_keep_their_order_and_merge(tmp_path):
    file = record.RecordFile(tmp_path / "r.json", error=None, group="g", custom=1)
    file.update(timings={"build": 1.0})
    file.update(timings={"compile": 2.0}, logp={"total": -1.0})
    back = record.read_json(file.path)
    assert list(back) == ["schema_version", "group", "logp", "timings", "error", "custom"]
    assert back["timings"] == {"build": 1.0, "compile": 2.0}


def test_paths_of_one_run(tmp_path):
    paths = record.make_paths("group_1_build_only_sanity", "2025-12-19T21-00-00", tmp_path)
    assert paths["results"].name == "results_group_1_build_only_sanity__2025-12-19T21-00-00.json"
    assert paths["results_latest"].name == "results_group_1_build_only_sanity.json"
    assert paths["report"].name == "report_group_1_build_only_sanity__2025-12-19T21-00-00.md"
    for folder in ("results", "plots/group_1_build_only_sanity", "debug_outputs", "archive"):
        assert (tmp_path / folder).is_dir()


def test_environment_names_what_decides_the_figures():
    found = record.collect_environment()
    for name in ("python", "pymc", "pytensor", "arviz", "numpy", "scipy", "platform"):
        assert found[name]
