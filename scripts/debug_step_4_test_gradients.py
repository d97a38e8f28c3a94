"""Step 4: is the gradient's compilation a hang, a crash, or slow? With the HMM off, at K 6 and T 100.

Builds the model, takes its initial point, compiles the gradient and evaluates it, each with its status and its seconds.
Then compiles it with no component, each alone and all of them (option B), every time in a process of its own that has
warmed up on another model and finds an empty compile cache, and samples 20 draws with progress (option A, step 5).
Nothing is taken from an earlier run.

    python scripts/debug_step_4_test_gradients.py
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from faultline import cli
from faultline.cases.gimbal.step_4 import report as step_4
from faultline.cli.by_hand import add_group_options, asked_by_hand
from faultline.core.errors import InputError
from faultline.core.record import save_text, write_json
from faultline.core.sections.record import Record
from faultline.engine.backend import plan_environment
from faultline.plan.ladder import groups
from faultline.targets.case import read_signature

CASE = "gimbal"
DATASET = "v0.2.1_K6_T100"
HMM = "use_directional_hmm"
NAME = "step_4_test_gradients"
OFF = ["--component", f"{HMM}=false"]
GRADIENT, SAMPLING = 2, 6
DRAWS = 20
CACHES = ("FAULTLINE_CACHE", "JAX_COMPILATION_CACHE_DIR", "PYTENSOR_FLAGS", "NUMBA_CACHE_DIR")


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--suite_dir", type=Path, default=Path("tests/diagnostics/step_4_gradients"))
    parser.add_argument("--dataset_name", default=DATASET)
    parser.add_argument("--seed", default="123")
    return cli.run(lambda: _run(parser.parse_args()))


def _run(arguments: argparse.Namespace) -> int:
    signature = read_signature(CASE)
    measured = _measured(arguments, GRADIENT)
    off = Record.of(measured)
    compiled = [
        _compiled(off.asked.dataset, components) for components in step_4.configurations(signature.components)
    ]
    sampled = _measured(arguments, SAMPLING, "--tune", str(DRAWS), "--draws", str(DRAWS))
    results = {
        "date": datetime.now().isoformat(timespec="seconds"),
        **step_4.results(measured, compiled, Record.of(sampled)),
        "published": signature.reference.get(off.group, {}),
        "next_group": step_4.next_group(groups(signature, off.asked.components), GRADIENT),
    }
    path, report = outputs(arguments.suite_dir)
    write_json(path, results)
    save_text(report, step_4.report(results, NAME))
    print(f"report: {report}")
    return 0


def outputs(suite: Path) -> tuple[Path, Path]:
    """Where results and report go."""
    return suite / "results" / f"results_{NAME}.json", suite / f"report_{NAME}.md"


def _measured(arguments: argparse.Namespace, wanted: int, *options: str) -> dict[str, Any]:
    """The judged record of one group with the HMM off, at full size."""
    parser = argparse.ArgumentParser()
    add_group_options(parser)
    everything = ["--dataset_name", arguments.dataset_name, "--max_T", "none", "--max_K", "none"]
    common = [*everything, "--seed", arguments.seed, "--suite_dir", str(arguments.suite_dir), "--overwrite"]
    never_longer = ["--confirm_draws", "4", "--extended_draws", "4"]
    asked = asked_by_hand(parser.parse_args([*common, "--again", *OFF, *never_longer, *options]), [wanted])
    with tempfile.TemporaryDirectory(prefix="faultline_cache_") as cache, _environment(_empty(cache)):
        if code := asked.make(everything=False):
            raise SystemExit(code)
    return asked.record(asked.wanted[0])


def _compiled(dataset: str, components: dict[str, bool]) -> dict[str, Any]:
    """What compiling one configuration costs, in a process of its own."""
    named = ", ".join(f"{name} {'on' if on else 'off'}" for name, on in components.items())
    print(f"compiling with {named} ...", flush=True)
    with tempfile.TemporaryDirectory(prefix="faultline_cache_") as cache:
        done = subprocess.run(
            [
                sys.executable,
                "-m",
                "faultline.cases.gimbal.step_4.compiling",
                dataset,
                json.dumps(components),
            ],
            capture_output=True,
            text=True,
            check=False,
            env=_empty(cache),
        )
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["it was killed"])[-1]
        raise InputError(f"compiling with {named} ended with exit code {done.returncode}: {last}")
    return json.loads(done.stdout.splitlines()[-1])


def _empty(cache: str) -> dict[str, str]:
    """An environment in which every compiler's cache is a new folder."""
    others = {name: value for name, value in os.environ.items() if name not in CACHES}
    return {**others, **plan_environment(Path(cache), others), "FAULTLINE_CACHE": cache}


@contextmanager
def _environment(wanted: Mapping[str, str]) -> Iterator[None]:
    """The environment of this process for a while."""
    before = dict(os.environ)
    try:
        os.environ.clear()
        os.environ.update(wanted)
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


if __name__ == "__main__":
    sys.exit(main())
