"""Run the whole ladder on a model, from any folder.

    python -m faultline diagnose model.py
    python -m faultline diagnose model.py --set sampler.draws=500 --set seed=7 --cores 2

Results go to faultline-results/ in the current folder. Running the same command again makes only what is missing or stale.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn

from faultline import cli
from faultline.core.errors import InputError
from faultline.store.keys import PACKAGE

RESULTS = "faultline-results"


def main(argv: Sequence[str] | None = None) -> int:
    """Command line of a whole diagnosis."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("model", help="the file whose function build returns the model")
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="KEY=VALUE",
        help="a setting, such as sampler.draws=500 (repeatable)",
    )
    parser.add_argument("--cores", type=int, default=os.cpu_count(), help="cores to use (default: all)")
    parser.add_argument("--dry-run", action="store_true", help="show what would run, and run nothing")
    arguments = parser.parse_args(argv)
    return cli.run(lambda: _diagnose(arguments))


def _diagnose(arguments: argparse.Namespace) -> NoReturn:
    if not Path(arguments.model).is_file():
        raise InputError(f"there is no file {arguments.model}; give the path of the file with your model.")
    settings = {"case": arguments.model, **_settings(arguments.set)}
    results = Path(os.environ.setdefault("FAULTLINE_SUITES", RESULTS))
    results.mkdir(parents=True, exist_ok=True)
    if not (results / ".gitignore").exists():
        (results / ".gitignore").write_text("*\n")
    workflow, profiles = _data("workflow"), _data("profiles")
    command = [sys.executable, "-P", "-m", "snakemake", "report_summary", "-s", str(workflow / "Snakefile")]
    command += ["--workflow-profile", str(profiles / "default"), "--cores", str(arguments.cores)]
    command += ["--dry-run"] * arguments.dry_run
    # Snakemake reads values as YAML, of which JSON is a part: what is in quotes stays text.
    command += ["--config", *(f"{key}={json.dumps(value)}" for key, value in settings.items())]
    os.execv(sys.executable, command)


def _settings(given: Sequence[str]) -> dict[str, Any]:
    settings: dict[str, Any] = {}
    for item in given:
        place, equals, value = item.partition("=")
        if not (place and equals and value):
            raise InputError(f"--set {item} is not of the form KEY=VALUE; write --set sampler.draws=500.")
        *parents, key = place.split(".")
        block = settings
        for parent in parents:
            block = block.setdefault(parent, {})
            if not isinstance(block, dict):
                raise InputError(
                    f"--set {item}: {parent} is set as a whole as well; write only one of the two."
                )
        block[key] = value
    return settings


def _data(name: str) -> Path:
    """A folder that the workflow needs: beside the modules where Faultline is installed, at the top of a checkout."""
    return next(place / name for place in (PACKAGE, *PACKAGE.parents) if (place / name).is_dir())
