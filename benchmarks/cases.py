"""Run the bundled cases, and print how each ended, how long it took, and how much of it was made and shared.

    python benchmarks/cases.py
    python benchmarks/cases.py ptycho urease --cores 4

Each case is `snakemake report_summary` into a suite of its own name. The figures come from results/summary.json, results/trials.json, and the
records in the store. A stage counts once for each configuration and seed; it was run if its object is younger than the command, and is shared
otherwise: with another configuration, another group, or an earlier command. Prints a Markdown table, and ends with exit code 1 where a case has
no summary.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from faultline.core.record import SUITES, read_json
from faultline.store.objects import Store
from faultline.store.suite import Suite
from faultline.targets.bundled import CASES

HEADER = (
    "case",
    "outcome",
    "seconds",
    "configurations",
    "runs",
    "measurements made",
    "stages run",
    "stages shared",
)


@dataclass(frozen=True)
class Counted:
    """What one suite is made of: configurations and runs of its trials, measurements made since, stages run since, and stages shared."""

    configurations: int
    runs: int
    measurements: int
    stages_run: int
    stages_shared: int


def measured(suite: Suite) -> Iterator[str]:
    """The keys of all measurements that a suite shows, each once."""
    keys = [row["measured"] for row in suite.asked("summary").get("groups", {}).values()]
    keys += suite.asked("trials").get("measured", [])
    yield from dict.fromkeys(keys)


def counted(folder: Path, store: Store, since: float) -> Counted:
    """What a finished suite in ``folder`` is made of, and what of it is younger than ``since``, in seconds since 1970."""
    made = uses = 0
    ran: set[str] = set()
    for key in measured(Suite(folder)):
        if store.contents(key) is None:
            continue
        made += _age(store, key) >= since
        for run in store.read_json(key, "measured.json").get("pipeline", {}).get("runs", ()):
            for stage in run["stages"]:
                if stage.get("key"):
                    uses += 1
                    ran |= {stage["key"]} if _age(store, stage["key"]) >= since else set()
                elif stage.get("error"):  # it left nothing, and ran in each measurement that has it
                    uses += 1
                    ran |= {f"{key} {run['seed']} {stage['name']}"} if _age(store, key) >= since else set()
    trials = folder / "results" / "trials.json"
    rows = read_json(trials)["trials"] if trials.is_file() else []
    configurations = {(str(sorted(row["changes"].items())), row["larger"]) for row in rows}
    return Counted(
        len(configurations), sum(len(row["seeds"]) for row in rows), made, len(ran), uses - len(ran)
    )


def _age(store: Store, key: str) -> float:
    """When an object was made, in seconds since 1970; 0 where it is no longer there."""
    path = store.folder(key)
    return path.stat().st_mtime if path.is_dir() else 0.0


def run(case: str, cores: int) -> tuple[list[str], bool]:
    """Run one case; its row of the table, and whether it has a summary."""
    began, start = time.time(), time.perf_counter()
    folder = Path(SUITES) / case
    command = [sys.executable, "-m", "snakemake", f"-j{cores}", "report_summary"]
    code = subprocess.run([*command, "--config", f"case={case}", f"suite={case}"], check=False).returncode
    seconds = time.perf_counter() - start
    summary = folder / "results" / "summary.json"
    if code or not summary.is_file():
        return [case, f"ended with exit code {code}", f"{seconds:.0f}", *[""] * 5], False
    found = counted(folder, Store(), began)
    stages = ["", ""]
    if found.stages_run + found.stages_shared:
        stages = [str(found.stages_run), str(found.stages_shared)]
    figures = [str(found.configurations), str(found.runs), str(found.measurements)]
    return [case, read_json(summary)["outcome"], f"{seconds:.0f}", *figures, *stages], True


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("cases", nargs="*", help=f"some of {', '.join(CASES)} (default: all of them)")
    parser.add_argument("--cores", type=int, default=2)
    asked = parser.parse_args()
    if unknown := set(asked.cases) - set(CASES):
        parser.error(f"there is no bundled case {min(unknown)}; there is {', '.join(CASES)}")
    rows, complete = [], True
    for case in asked.cases or CASES:
        row, ended = run(case, asked.cores)
        rows.append(row)
        complete &= ended
    print()
    for cells in (HEADER, ["---"] * len(HEADER), *rows):
        print(f"| {' | '.join(cells)} |")
    return 0 if complete else 1


if __name__ == "__main__":
    sys.exit(main())
