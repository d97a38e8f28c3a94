"""How long `faultline diagnose` takes where it was installed beside PyMC, outside any checkout: cold, warm, and with nothing to do.

    python benchmarks/command.py
    python benchmarks/command.py --python path/to/env/bin/python

Makes an empty environment and installs this checkout there, with what it needs; or takes ``--python``, of an environment in which
that was done. Cold: no compile cache, no bytecode of the model, an empty store. Warm: the caches of the run before, an empty store.
Nothing to do: the same command once more. The model is eight schools, which fails, so that all groups have to run. Every figure is
the whole command, from its start to its end. Prints a Markdown table.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SCHOOLS = """
import numpy as np
import pymc as pm

effect = np.array([28.0, 8, -3, 7, -1, 1, 18, 12])
error = np.array([15.0, 10, 16, 11, 9, 11, 10, 18])


def build():
    with pm.Model() as model:
        mu = pm.Normal("mu", 0, 5)
        tau = pm.HalfCauchy("tau", 5)
        theta = pm.Normal("theta", mu, tau, shape=8)
        pm.Normal("y", theta, error, observed=effect)
    return model
"""


def installed(folder: Path) -> tuple[Path, float]:
    """The Python of a new environment with this checkout in it, and the seconds that installing took."""
    venv.create(folder / "env", with_pip=True)
    python = folder / "env" / "bin" / "python"
    began = time.perf_counter()
    command = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", ROOT]
    subprocess.run(command, check=True)
    return python, time.perf_counter() - began


def seconds(python: Path, folder: Path) -> float:
    """One run of the command in ``folder``."""
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith(("FAULTLINE", "PYTHON"))},
        "XDG_CACHE_HOME": str(folder / "cache"),
        "XDG_DATA_HOME": str(folder / "data"),
        "PYTENSOR_FLAGS": f"base_compiledir={folder / 'pytensor'}",
    }
    command = [python, "-P", "-m", "faultline", "diagnose", "schools.py", "--quiet", "--cores", "2"]
    began = time.perf_counter()
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    took = time.perf_counter() - began
    if done.returncode or "verdict: FAIL" not in done.stdout:
        sys.exit(f"the command ended with {done.returncode}:\n{done.stdout}{done.stderr}")
    return took


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--python", type=Path, help="of an environment with Faultline")
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    times: dict[str, list[float]] = {"cold": [], "warm": [], "nothing to do": []}
    with tempfile.TemporaryDirectory() as scratch:
        python, setup = arguments.python, None
        if python is None:
            python, setup = installed(Path(scratch))
        for number in range(arguments.rounds):
            folder = Path(scratch) / f"round_{number}"
            folder.mkdir()
            (folder / "schools.py").write_text(SCHOOLS)
            times["cold"].append(seconds(python, folder))
            for kept in ("data", "faultline-results", ".snakemake"):
                shutil.rmtree(folder / kept)
            times["warm"].append(seconds(python, folder))
            times["nothing to do"].append(seconds(python, folder))
    print("| `faultline diagnose schools.py` | seconds, median | least | most |\n|---|---|---|---|")
    if setup is not None:
        print(f"| installing it in an empty environment, once | {setup:.0f} | | |")
    for name, found in times.items():
        print(f"| {name} | {statistics.median(found):.1f} | {min(found):.1f} | {max(found):.1f} |")


if __name__ == "__main__":
    main()
