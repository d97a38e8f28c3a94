"""The lock and the wheel in an empty environment: nothing of a checkout, and nothing that was installed by chance."""

import subprocess
import venv

import pytest
from harness import ROOT
from wheel import OUTSIDE, built_wheel, faultline

pytestmark = pytest.mark.reliability


def test_the_lock_and_the_wheel_are_enough(tmp_path):
    venv.create(tmp_path / "env", with_pip=True)
    python = tmp_path / "env" / "bin" / "python"
    pip = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    locked = [*pip, "--require-hashes", "-r", ROOT / "requirements.lock"]
    done = subprocess.run(locked, capture_output=True, text=True, check=False)
    if "NewConnectionError" in done.stderr:
        pytest.skip("no package index can be reached")
    assert done.returncode == 0, done.stderr
    subprocess.run([*pip, "--no-deps", "--no-index", built_wheel(tmp_path)], check=True)

    folder = tmp_path / "elsewhere"
    folder.mkdir()
    (folder / "model.py").write_text(OUTSIDE)
    done = faultline(python, folder, "diagnose", "model.py", "--cores", "2")
    assert done.returncode == 0, done.stderr
    assert "FAIL" in done.stdout + done.stderr
    page = (folder / "faultline-results" / "model" / "report_summary.html").read_text()
    assert "lie outside 0 to 2" in page and str(ROOT) not in page
