"""A wheel of the project, and a model for whoever has installed it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from harness import ROOT

OUTSIDE = """
import numpy as np
import pymc as pm


def build():
    with pm.Model() as model:
        effect = pm.Normal("effect", 0, 1, shape=3)
        pm.Normal("y", effect[np.array([0, 1, 2, 3])], 1, observed=np.zeros(4))
    return model
"""
"""A model with an index that leaves its array: nothing is sampled, so the whole ladder is quick."""


def built_wheel(folder: Path) -> Path:
    """The wheel, built in ``folder`` without the network."""
    build = "from hatchling.build import build_wheel; import sys; print(build_wheel(sys.argv[1]))"
    subprocess.run([sys.executable, "-c", build, folder], cwd=ROOT, check=True, capture_output=True)
    (wheel,) = folder.glob("*.whl")
    return wheel


def faultline(python: Path, folder: Path, *arguments: str) -> subprocess.CompletedProcess:
    """Run a command of an installed Faultline in ``folder``, with no checkout on the path."""
    kept = {
        name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "FAULTLINE_STORE")
    }
    kept["XDG_DATA_HOME"] = str(folder / "data")
    return subprocess.run(
        [python, "-P", "-m", "faultline", *arguments],
        cwd=folder,
        env=kept,
        capture_output=True,
        text=True,
        check=False,
    )
