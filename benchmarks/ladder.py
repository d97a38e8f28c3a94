"""How long the whole ladder takes: cold, warm, and when there is nothing to do; and how much of that is sampling.
Beside it the seven scripts one after another, and one group alone.

Runs in a temporary copy of this checkout with compile caches of its own, so that no earlier run helps. Prints a
Markdown table.

    python benchmarks/ladder.py
    python benchmarks/ladder.py --jobs 2 --config dataset=v0.2.1_L03_missingness
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PARTS = ("Snakefile", "config.yaml", "workflow", "profiles", "envs", "scripts", "src")
HEAVY = ("pymc", "arviz", "matplotlib", "pandas")
SUITE = "benchmark"


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--jobs", type=int, default=4, help="cores given to Snakemake (default: 4)")
    parser.add_argument(
        "--config", nargs="*", default=[], metavar="KEY=VALUE", help="settings for Snakemake's --config"
    )
    parser.add_argument("--only", choices=("cold",), help="measure nothing but the cold ladder")
    parser.add_argument("--project", type=Path, default=ROOT, help="the checkout to measure (default: this)")
    parser.add_argument("--keep", action="store_true", help="keep the temporary copy, and say where it is")
    arguments = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="faultline_benchmark_"))
    try:
        rows, heavy = measure(copy(arguments.project, folder / "project"), folder / "cache", arguments)
    finally:
        if arguments.keep:
            print(f"kept: {folder}", file=sys.stderr)
        else:
            shutil.rmtree(folder)
    print("| what | seconds |\n|---|---|")
    for what, figure in rows:
        print(f"| {what} | {figure} |")
    if heavy:
        print(f"parsing the Snakefile imports {', '.join(heavy)}: it must not.", file=sys.stderr)
    return int(bool(heavy))


def copy(checkout: Path, project: Path) -> Path:
    """The parts of a checkout that a run needs, and no result."""
    project.mkdir()
    for part in PARTS:
        if (checkout / part).is_dir():
            shutil.copytree(checkout / part, project / part, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy2(checkout / part, project / part)
    return project


def measure(
    project: Path, cache: Path, arguments: argparse.Namespace
) -> tuple[list[tuple[str, str]], list[str]]:
    """Rows of the table, and which heavy modules parsing the Snakefile imports."""
    run = Run(project, cache, ["--config", f"suite={SUITE}", *arguments.config])
    ladder = ["report_summary", f"-j{arguments.jobs}"]
    run("--list-rules")  # bytecode of the copy
    start = min(run("--version") for _ in range(5))
    parse = min(run("--list-rules") for _ in range(5))
    # Not what Snakemake imports by itself: the plugin for Slurm, where it is installed, brings pandas.
    heavy = [name for name in HEAVY if name in run.imported("--list-rules") - run.imported("--version")]
    rows = [
        ("Snakemake's own start", f"{start:.1f}"),
        ("parsing the Snakefile, beyond that", f"{max(parse - start, 0):.2f}"),
    ]
    runs = ["cold: no compile cache, no dataset", "warm: compile cache kept, results removed"]
    for name in runs[: 1 if arguments.only == "cold" else 2]:
        shutil.rmtree(project / ".snakemake", ignore_errors=True)
        forget(project)
        rows += [
            (name, f"{run(*ladder):.0f}"),
            ("... of which sampling, of all groups' time", sampling_share(project)),
        ]
    if arguments.only == "cold":
        return rows, heavy
    rows.append(("second run: nothing to do", f"{min(run(*ladder) for _ in range(3)):.1f}"))
    forget(project)
    alone = run("group_3", f"-j{arguments.jobs}")
    rows.append(("group 3 alone, warm", f"{alone:.0f}"))
    if not arguments.config:
        scripts = [run.script(path) for path in sorted((project / "scripts").glob("test_group_*.py"))]
        rows.append(("the seven scripts one after another, warm", f"{sum(scripts):.0f}"))
    return rows, heavy


def forget(project: Path) -> None:
    """Remove the suite and what was measured; the bundled dataset is part of that."""
    for made in (SUITE, ".store", "datasets"):
        shutil.rmtree(project / "tests" / "diagnostics" / made, ignore_errors=True)


class Run:
    """Snakemake in the copy, with its own compile caches."""

    def __init__(self, project: Path, cache: Path, settings: list[str]):
        self.project = project
        self.settings = settings
        own = {
            "FAULTLINE_STORE",
            "PYTHONPATH",
            "PYTENSOR_FLAGS",
            "NUMBA_CACHE_DIR",
            "JAX_COMPILATION_CACHE_DIR",
        }
        self.environment = {name: value for name, value in os.environ.items() if name not in own}
        self.environment["FAULTLINE_CACHE"] = str(cache)

    def __call__(self, *what: str) -> float:
        """Seconds."""
        began = time.perf_counter()
        self._start([], what)
        return time.perf_counter() - began

    def script(self, path: Path) -> float:
        """Seconds of one group's script."""
        began = time.perf_counter()
        command = [sys.executable, str(path), "--suite", f"{SUITE}_scripts", "--again"]
        environment = {**self.environment, "PYTHONPATH": str(self.project / "src")}
        subprocess.run(command, cwd=self.project, env=environment, capture_output=True, check=True)
        return time.perf_counter() - began

    def imported(self, *what: str) -> set[str]:
        """Top-level modules that are imported."""
        done = self._start(["-X", "importtime"], what)
        return set(re.findall(r"\| +(\w+)$", done.stderr, re.MULTILINE))

    def _start(self, python_options: Sequence[str], what: Sequence[str]) -> subprocess.CompletedProcess:
        settings = [] if "--version" in what else self.settings
        command = [sys.executable, *python_options, "-m", "snakemake", *what, *settings]
        done = subprocess.run(
            command, cwd=self.project, env=self.environment, capture_output=True, text=True, check=False
        )
        if done.returncode:
            sys.exit(f"{' '.join(command)} ended with {done.returncode}:\n{done.stdout}\n{done.stderr}")
        return done


def sampling_share(project: Path) -> str:
    """Sampling seconds over all seconds that the groups took, from their records."""
    records = (project / "tests" / "diagnostics" / SUITE / "results").glob("measured_*.json")
    timings = [json.loads(path.read_text(encoding="utf-8"))["timings"] for path in records]
    sampling = sum(value for t in timings for name, value in t.items() if name.startswith("sample"))
    total = sum(t["total"] for t in timings)
    return f"{sampling:.0f} of {total:.0f} ({sampling / total:.0%})"


if __name__ == "__main__":
    sys.exit(main())
