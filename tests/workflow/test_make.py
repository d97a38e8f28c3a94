"""The Makefile on a machine whose Python is too old, and its stamp."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from harness import ROOT


@pytest.fixture
def checkout(tmp_path) -> Path:
    for name in ("Makefile", "requirements.lock"):
        shutil.copy2(ROOT / name, tmp_path / name)
    return tmp_path


def make(folder: Path, *arguments: str) -> subprocess.CompletedProcess:
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))
    }
    return subprocess.run(
        ["make", *arguments], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )


def test_an_old_python_gets_one_sentence_and_no_environment(checkout):
    old = checkout / "python3"
    old.write_text("#!/bin/sh\nexit 1\n")
    old.chmod(0o755)
    done = make(checkout, "install", f"PYTHON={old}")
    assert done.returncode != 0
    said = [line for line in done.stderr.splitlines() if not line.startswith("make")]
    assert len(said) == 1
    assert said[0].startswith("Faultline needs Python 3.12 or newer")
    assert not (checkout / ".venv").exists()


def test_a_finished_installation_is_left_alone_until_the_lock_changes(checkout):
    (checkout / ".venv").mkdir()
    stamp = checkout / ".venv" / "installed"
    stamp.touch()
    assert "pip install" not in make(checkout, "-n", "install").stdout
    newer = stamp.stat().st_mtime + 1
    os.utime(checkout / "requirements.lock", (newer, newer))
    assert "pip install" in make(checkout, "-n", "install").stdout


def test_clean_removes_no_result(checkout):
    result = checkout / "tests" / "diagnostics" / "suite" / "report_summary.md"
    result.parent.mkdir(parents=True)
    result.touch()
    for folder in ("src", "scripts", "benchmarks"):
        (checkout / folder / "__pycache__").mkdir(parents=True)
    assert make(checkout, "clean").returncode == 0
    assert result.exists()
    assert not list(checkout.rglob("__pycache__"))
