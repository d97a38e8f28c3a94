"""The search for sets of changes that matter only together, with every configuration a job of a Slurm that answers here.

    make slurm
    python benchmarks/slurm_sets.py FOLDER
    python benchmarks/slurm_sets.py FOLDER --toggles 40 --seed 1 --here    # on this machine, without Slurm

A pipeline with 40 toggles is written into an empty folder. One criterion holds only if three of them, drawn by chance, are all put
right; another breaks only if three others are all wrong. Every toggle moves both figures a little, within their margins. Prints the
sets that were planted and those that were found, how many configurations with more than one change were looked at for each, the jobs
that were submitted, and the minutes.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[1]
PIPE = """
from typing import Literal

NEEDED, TOGETHER = {needed!r}, {together!r}
SCENARIOS = {{"only": {{}}}}
CRITERIA = {{
    "fit.all_right": {{"at_most": 1, "margin": 0.2, "words": "the figure that needs three repairs"}},
    "fit.all_wrong": {{"at_most": 1, "margin": 0.2, "words": "the figure that three faults raise"}},
}}
PRESETS = {{"repaired": {right!r}}}
REPAIRED = "repaired"


def fit(run, *, {arguments}):
    chosen = run.choices
    little = sum(1e-5 * (number + 1) for number, name in enumerate(sorted(chosen)) if chosen[name] == "wrong")
    noise = 0.01 * float(run.rng.normal())
    wrong = any(chosen[name] == "wrong" for name in NEEDED)
    raised = all(chosen[name] == "wrong" for name in TOGETHER)
    return run.output(facts={{"all_right": little + noise + 2 * wrong, "all_wrong": little + noise + 2 * raised}})
"""


def main() -> int:
    """Command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("--toggles", type=int, default=40)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--here", action="store_true")
    arguments = parser.parse_args()
    arguments.folder.mkdir(parents=True)
    for part in ("Snakefile", "config.yaml", "workflow", "profiles", "envs", "scripts", "src"):
        copy = shutil.copytree if (ROOT / part).is_dir() else shutil.copy2
        copy(ROOT / part, arguments.folder / part)
    names = [f"t{number:02}" for number in range(arguments.toggles)]
    chosen = random.Random(arguments.seed).sample(names, 6)
    needed, together = sorted(chosen[:3]), sorted(chosen[3:])
    pipe = PIPE.format(
        needed=needed,
        together=together,
        right=dict.fromkeys(names, "right"),
        arguments=", ".join(f'{name}: Literal["wrong", "right"] = "wrong"' for name in names),
    )
    (arguments.folder / "pipe.py").write_text(pipe)
    config = yaml.safe_load((ROOT / "config.yaml").read_text())
    config |= {"case": "pipe.py", "dataset": None, "suite": "sets"}
    (arguments.folder / "config.yaml").write_text(yaml.safe_dump(config))
    command = [sys.executable, "-m", "snakemake", "-j2", "trials"]
    if not arguments.here:
        command = [*command[:3], "--workflow-profile", "profiles/slurm", "trials"]
        if subprocess.run(["sacct"], capture_output=True, check=False).returncode:
            command += ["--slurm-status-command", "squeue"]
    environment = {
        **os.environ,
        "PYTHONPATH": str(arguments.folder.resolve() / "src"),
        "FAULTLINE_PLAIN": "1",
    }
    began = time.monotonic()
    with (arguments.folder / "output.log").open("w") as log:
        done = subprocess.run(
            command, cwd=arguments.folder, env=environment, stdout=log, stderr=subprocess.STDOUT, check=False
        )
    minutes = (time.monotonic() - began) / 60
    said = (arguments.folder / "output.log").read_text()
    if done.returncode:
        print(said[-2000:])
        return 1
    found = json.loads((arguments.folder / "tests/diagnostics/sets/results/trials.json").read_text())
    print(f"planted: {needed} cure all_right together, {together} break all_wrong together")
    for row in found["sets"]:
        print(json.dumps(row))
    submitted = len(re.findall("has been submitted with SLURM jobid", said))
    print(f"{submitted} jobs of Slurm, {len(found['trials'])} trials, {minutes:.1f} min")
    return 0


if __name__ == "__main__":
    sys.exit(main())
