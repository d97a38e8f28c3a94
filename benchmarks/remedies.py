"""How many of the planted faults are cured by a change that leaves the posterior as it is, and for how many a change is proposed.

Each faulty model of benchmarks/faults goes through ``faultline diagnose``, as a user would have it: a copy of its file without the parameter by
which the benchmark repairs it. One line for each model, then the counts, and those by class: *cured*; *proposed*, where the answer names the fault
first, with its cause, and says what to change, which nothing can try without its author; *none*.

    python benchmarks/remedies.py [--models blind] [--only NAME ...] [--classes b c d h] [--folder DIR] [--twins]

With ``--twins`` the repaired model is sampled for long by plain PyMC, and the means of all variables that both models have are compared: each is
to be within .1 posterior standard deviations and 3 Monte Carlo errors. Some twins have other priors; those are other posteriors.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import re
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from runpy import run_path
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "src"), str(ROOT)]

from benchmarks.faults.corpus import SETS, Run, runs  # noqa: E402
from benchmarks.faults.score import Said  # noqa: E402
from faultline.diagnosis.remedies.words import imperative  # noqa: E402

WRITTEN = re.compile(r"def build\((.*?)(?:\*, )?written: Literal\[[^]]*\] = \"faulty\"\)([^:]*):", re.DOTALL)


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--models", choices=SETS, default="all")
    parser.add_argument("--only", nargs="+", default=())
    parser.add_argument("--classes", nargs="+", default=("a",))
    parser.add_argument("--twins", action="store_true")
    parser.add_argument("--folder", type=Path, default=Path("tests/diagnostics/remedies"))
    arguments = parser.parse_args()
    found, by_class = Counter(), Counter()
    columns = ["model", "answer", "change", "same posterior", "lines", "seconds", *["twin"] * arguments.twins]
    print(f"| {' | '.join(columns)} |\n{'|---' * len(columns)}|")
    for run in runs(arguments.models):
        if run.answer is None or run.answer["cause_class"] not in arguments.classes or run.interrupt:
            continue
        if arguments.only and run.model not in arguments.only:
            continue
        outcome, row = diagnosed(hidden(run.path, arguments.folder), run.name, arguments.folder)
        found[outcome] += 1
        by_class[run.answer["cause_class"], kept(outcome, run, arguments.folder)] += 1
        found["with lines"] += outcome == "cured" and row[3] == "yes"
        if arguments.twins:
            row.append(beside_twin(run.path, arguments.folder / run.name) if "cured" in outcome else "")
        print(f"| {run.model} | {' | '.join(row)} |", flush=True)
    print()
    for name, count in found.most_common():
        print(f"{name}: {count}")
    for (cause_class, name), count in sorted(by_class.items()):
        print(f"{cause_class}: {name} {count}")
    return 0


def kept(outcome: str, run: Run, folder: Path) -> str:
    """What the user is left with: ``cured``, ``proposed`` or ``none``."""
    if "cured" in outcome:
        return "cured"
    path = folder / run.name / "results" / "summary.json"
    if not path.is_file():
        return "none"
    summary = json.loads(path.read_text())
    names = [suspect["names"] for suspect in summary["suspects"]]
    said = Said(run, 0, names, summary["cause_class"])
    right = said.right(1) and said.cause == said.truth
    return "proposed" if right and summary["answer"]["change"] else "none"


def hidden(path: Path, folder: Path) -> Path:
    """A copy of a model's file whose ``build`` has no parameter ``written``: the model at fault is all that there is."""
    text = path.read_text()
    changed = WRITTEN.sub(r"def build(\1)\2:\n    written = 'faulty'", text)
    if changed == text:
        raise ValueError(f"{path} has no parameter written")
    copy = folder / "models" / path.name
    copy.parent.mkdir(parents=True, exist_ok=True)
    copy.write_text(changed)
    return copy.resolve()


def diagnosed(path: Path, name: str, folder: Path) -> tuple[str, list[str]]:
    """What became of one model, and its row of the table: ``cured`` by an equivalent rewrite, ``cured by settings``, which are equivalent as
    well, ``cured otherwise``, ``helped``, or not.
    """
    began = time.monotonic()
    environment = {**os.environ, "FAULTLINE_SUITES": str(folder), "PYTHONPATH": str(ROOT / "src")}
    command = [sys.executable, "-P", "-m", "faultline", "diagnose", str(path), "--cores", "2", "--quiet"]
    subprocess.run([*command, "--set", f"suite={name}"], env=environment, capture_output=True, check=False)
    seconds = f"{time.monotonic() - began:.0f}"
    summary = folder / name / "results" / "summary.json"
    if not summary.is_file():
        return "no answer", ["no answer", "", "", "", seconds]
    content = json.loads(summary.read_text())
    answer, remedies = content["answer"], content.get("remedies")
    if not remedies:
        return f"nothing tried ({content['outcome']})", [answer["headline"], "nothing tried", "", "", seconds]
    best = remedies["cure"] if remedies["cure"] is not None else remedies["help"]
    if best is None:
        tried = "; ".join(imperative(row) for row in remedies["tried"])
        return "none cures", [answer["headline"], f"none of: {tried}", "", "", seconds]
    row = remedies["tried"][best]
    same = {True: "yes", False: "no", None: "not known"}[row["equivalent"]]
    code = row["code"] or {}
    lines = "yes" if "diff" in code else code.get("why", "settings only")
    outcome = (
        "helped"
        if remedies["cure"] is None
        else "cured otherwise"
        if not row["equivalent"]
        else "cured"
        if row["steps"]
        else "cured by settings"
    )
    return outcome, [answer["headline"], imperative(row), same, lines, seconds]


def beside_twin(path: Path, folder: Path) -> str:
    """How far the cured model is from its repaired twin: the element whose means differ most, beside what it may differ."""
    remedies = json.loads((folder / "results" / "summary.json").read_text())["remedies"]
    cured = remedies["tried"][remedies["cure"]]
    twin = reference(path)
    if twin is None:
        return "the twin does not converge"
    own = sum(run["min_ess"] or 0.0 for run in cured["runs"][1:]) or math.nan
    worst, said = -math.inf, "no variable in common"
    for each in cured["quantities"]:
        if each["name"] not in twin or list(twin[each["name"]][0].shape) != each["shape"]:
            continue
        mean, sd, effective = (np.ravel(figure) for figure in twin[each["name"]])
        moved = np.abs(np.asarray(each["mean"]) - mean) / np.where(sd > 0, sd, np.inf)
        allowed = 0.1 + 3 * np.sqrt(1 / own + 1 / effective)
        at = int(np.argmax(moved - allowed))
        if moved[at] - allowed[at] > worst:
            worst = moved[at] - allowed[at]
            place = f"[{at}]" if each["shape"] else ""
            said = f"{'within' if worst <= 0 else 'apart'}: {each['name']}{place} by {moved[at]:.2f} sd, {allowed[at]:.2f} allowed"
    return said


def reference(path: Path) -> dict[str, tuple[Any, Any, Any]] | None:
    """Name -> mean, standard deviation and effective draws of each element, by a long run of the repaired model; None: it does not converge."""
    import arviz as az
    import pymc as pm

    with run_path(str(path))["build"](written="repaired"):
        draws = pm.sample(
            5000, tune=2000, chains=4, cores=2, target_accept=0.95, random_seed=1, progressbar=False
        ).posterior
    if max(float(each.max()) for each in az.rhat(draws).data_vars.values()) > 1.01:
        return None
    mean, sd, effective = draws.mean(("chain", "draw")), draws.std(("chain", "draw")), az.ess(draws)
    return {name: (mean[name].values, sd[name].values, effective[name].values) for name in draws.data_vars}


if __name__ == "__main__":
    sys.exit(main())
