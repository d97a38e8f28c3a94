"""How many of the planted faults of geometry are cured by a change that leaves the posterior as it is.

Each faulty model of benchmarks/faults goes through ``faultline diagnose``, as a user would have it: a copy of its file without the parameter by
which the benchmark repairs it. One line for each model, then the counts.

    python benchmarks/remedies.py [--models blind] [--only NAME ...] [--folder DIR]
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "src"), str(ROOT)]

from benchmarks.faults.corpus import SETS, runs  # noqa: E402
from faultline.diagnosis.remedies.words import imperative  # noqa: E402

WRITTEN = re.compile(r"def build\((.*?)(?:\*, )?written: Literal\[[^]]*\] = \"faulty\"\)([^:]*):", re.DOTALL)


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--models", choices=SETS, default="all")
    parser.add_argument("--only", nargs="+", default=())
    parser.add_argument("--classes", nargs="+", default=("a",))
    parser.add_argument("--folder", type=Path, default=Path("tests/diagnostics/remedies"))
    arguments = parser.parse_args()
    found = Counter()
    print("| model | answer | change | same posterior | lines | seconds |\n|---|---|---|---|---|---|")
    for run in runs(arguments.models):
        if run.answer is None or run.answer["cause_class"] not in arguments.classes or run.interrupt:
            continue
        if arguments.only and run.model not in arguments.only:
            continue
        outcome, row = diagnosed(hidden(run.path, arguments.folder), run.name, arguments.folder)
        found[outcome] += 1
        found["with lines"] += outcome == "cured" and row[3] == "yes"
        print(f"| {run.model} | {' | '.join(row)} |", flush=True)
    print()
    for name, count in found.most_common():
        print(f"{name}: {count}")
    return 0


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


if __name__ == "__main__":
    sys.exit(main())
