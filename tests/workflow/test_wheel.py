"""An installed Faultline, with no checkout on the path, diagnoses a model that stands in another folder."""

import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

import pytest
from harness import ROOT
from wheel import OUTSIDE, built_wheel, faultline

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def installed(tmp_path_factory) -> Path:
    """The Python of an environment that holds the wheel, and of this one the libraries only."""
    folder = tmp_path_factory.mktemp("wheel")
    wheel = built_wheel(folder)
    venv.create(folder / "env")
    python = folder / "env" / "bin" / "python"
    where = [python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"]
    packages = Path(subprocess.run(where, check=True, capture_output=True, text=True).stdout.strip())
    (packages / "libraries.pth").write_text(sysconfig.get_path("purelib"))
    command = [sys.executable, "-m", "pip", "--python", python, "install", "--no-deps", "--no-index", wheel]
    subprocess.run(command, check=True, capture_output=True)
    return python


def test_a_model_in_another_folder_is_diagnosed(installed, tmp_path):
    (tmp_path / "random.py").write_text(OUTSIDE)
    done = faultline(installed, tmp_path, "diagnose", "random.py", "--cores", "2", "--set", "seed=7")
    assert done.returncode == 0, done.stderr
    suite = tmp_path / "faultline-results" / "random"
    said = done.stdout + done.stderr
    assert "FAIL" in said and "data or priors" in said
    assert f"{suite.relative_to(tmp_path)}/report_summary.html" in said
    assert (suite / "report_summary.html").is_file()
    assert str(ROOT) not in (suite / "report_summary.html").read_text()
    again = faultline(
        installed, tmp_path, "diagnose", "random.py", "--cores", "2", "--dry-run", "--set", "seed=7"
    )
    assert "Nothing would run" in again.stdout + again.stderr


def test_what_a_check_means_comes_with_the_wheel(installed, tmp_path):
    done = faultline(installed, tmp_path, "explain", "bends")
    assert done.returncode == 0 and "A funnel" in done.stdout


def test_without_a_model_nothing_is_made(installed, tmp_path):
    done = faultline(installed, tmp_path, "diagnose", "nosuch.py")
    assert (done.returncode, done.stderr) == (
        1,
        "error: case nosuch.py: there is no such file; give the path of a Python file with build(...).\n",
    )
    assert list(tmp_path.iterdir()) == []
