"""The lowest versions of PyMC and ArviZ that pyproject.toml allows, and the newest: the wheel is installed and diagnoses a model.

It downloads some hundred megabytes for each, and takes a minute or two.
"""

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from harness import ROOT
from wheel import built_wheel, faultline

pytestmark = [pytest.mark.slow, pytest.mark.long]

LIBRARIES = ("pymc", "arviz")


def lowest() -> list[str]:
    """``pymc==6.4`` for ``pymc>=6.4``."""
    wanted = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
    found = [line.replace(">=", "==") for line in wanted if line.partition(">=")[0] in LIBRARIES]
    assert len(found) == len(LIBRARIES)
    return found


def schools() -> str:
    """The model that the README begins with."""
    return re.search(r"```python\n# schools\.py\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)[1]


def interpreter(version: str) -> str:
    """A Python of this version; without one the test is skipped."""
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    for python in (
        sys.executable,
        shutil.which(f"python{version}"),
        *pyenv.glob(f"versions/{version}.*/bin/python"),
    ):
        asked = [python, "-c", "import sys; print('.'.join(map(str, sys.version_info[:2])))"]
        if (
            python
            and subprocess.run(asked, capture_output=True, text=True, check=False).stdout.strip() == version
        ):
            return str(python)
    pytest.skip(f"there is no Python {version} here")


def run(*command: str | Path) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> Path:
    asked = [sys.executable, "-m", "pip", "--retries=0", "--timeout=10", "index", "versions", "pymc"]
    if subprocess.run(asked, capture_output=True, check=False).returncode:
        pytest.skip("no package registry can be reached from here")
    return built_wheel(tmp_path_factory.mktemp("wheel"))


@pytest.mark.parametrize(("version", "pinned"), [("3.12", lowest()), ("3.13", [])], ids=["lowest", "newest"])
def test_the_wheel_diagnoses_a_model_with_these_versions(version, pinned, wheel, tmp_path):
    run(interpreter(version), "-m", "venv", tmp_path / "env")
    python = tmp_path / "env" / "bin" / "python"
    install = ("-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-compile")
    run(python, *install, wheel, *pinned)
    versions = f"from importlib.metadata import version; print(*map(version, {LIBRARIES}))"
    installed = dict(zip(LIBRARIES, run(python, "-P", "-c", versions).split(), strict=True))
    for asked in pinned:
        name, _, number = asked.partition("==")
        assert f"{installed[name]}.".startswith(f"{number}."), installed
    (tmp_path / "schools.py").write_text(schools())
    done = faultline(python, tmp_path, "diagnose", "schools.py", "--cores", "2", "--check")
    print(installed, done.stdout)
    assert done.returncode == 3, done.stderr[-3000:]
    assert "geometry: a funnel: `tau` sets the scale of `theta`" in done.stdout
    page = tmp_path / "faultline-results" / "schools" / "report_summary.html"
    assert page.is_file() and str(ROOT) not in page.read_text()
