"""The benchmark of planted faults, on the model that no other test runs as it does: one that is interrupted while it samples."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from faultline.core.record import read_json

ROOT = Path(__file__).resolve().parents[2]
pytestmark = [pytest.mark.slow, pytest.mark.long]


def test_a_model_that_is_interrupted_is_measured_up_to_there_and_judged(tmp_path):
    command = [sys.executable, str(ROOT / "benchmarks" / "faults" / "diagnose.py")]
    model = ["--model", "interrupted_regression", "--written", "faulty"]
    suite = ["--suite_dir", str(tmp_path)]
    environment = {**os.environ, "FAULTLINE_CACHE": str(tmp_path / "cache")}
    for arguments in (["measure", *model, *suite], ["judge", *suite]):
        done = subprocess.run(
            [*command, *arguments], env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
    summary = read_json(tmp_path / "summary.json")
    assert (summary["outcome"], summary["cause_class"]) == ("error", "h")
