"""How long a fresh process takes to the first gradient of the gimbal model, and until that is compiled: cold, warm, and
when something changes.

Every figure is a new process, from its start, imports included; only the bytecode of the packages is there. Cold: its own
empty compile cache. Warm: the cache that the run before left behind. The stages are what that process measured: import,
build (dataset and model), graph (log-probability and its gradient), rewrite (PyTensor's), first (the gradient at the
initial point) and compile (translation, XLA). L00, T 80, K 4. Prints a Markdown table.

    python benchmarks/first_gradient.py
    python benchmarks/first_gradient.py --all

``--all`` adds what takes minutes: Faultline on numba, and the model joint by joint, as its authors wrote it, on PyTensor's
C backend (needs g++), with how many times faster Faultline is from cold. These have no gradient before it is compiled.
What is compiled differs by backend: JAX and numba compile for given shapes, C for any.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

from faultline.engine.backend import LOOK, SAMPLE, plan_environment

ROOT = Path(__file__).resolve().parents[1]
STAGES = ("import", "build", "graph", "rewrite", "first", "compile")
AUTHORS = "authors"
GROUPS = {
    "full (groups 1, 2, 6)": {},
    "neither (group 3)": {"use_mixture": False, "use_directional_hmm": False},
    "mixture only (group 4)": {"use_directional_hmm": False},
    "hidden states only (group 5)": {"use_mixture": False},
}
FULL = "full (groups 1, 2, 6)"


@dataclass(frozen=True)
class Job:
    """One process: which dataset, which model, compiled by what, with which compile cache."""

    what: str
    dataset: str
    cache: str
    switches: dict = field(default_factory=dict)
    repaired: bool = False
    backend: str = LOOK


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--all", action="store_true", help="also numba and the authors' model on C: minutes")
    parser.add_argument(
        "--keep", action="store_true", help="keep the caches and datasets, and say where they are"
    )
    parser.add_argument("--child", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.child:
        child(**json.loads(arguments.child))
        return 0
    folder = tempfile.TemporaryDirectory(prefix="faultline_first_", delete=not arguments.keep)
    with folder as path:
        table(Path(path), jobs(arguments.all))
        if arguments.keep:
            print(f"kept: {path}", file=sys.stderr)
    return 0


def jobs(everything: bool) -> list[Job]:
    """In the order in which they run: a job finds what those before it left in a cache of the same name."""
    rows = []
    for name, switches in GROUPS.items():
        for state in ("cold", "warm"):
            rows.append(Job(f"{name}, {state}", "L00", name, switches))
    for state in ("cold", "warm"):
        rows.append(Job(f"full, repaired, {state}", "L00", "repaired", repaired=True))
    rows += [
        Job("full, another dataset of that size", "other", FULL),
        Job("full, new T: 100", "T100", FULL),
        Job("full, new K: 6", "K6", FULL),
        Job("mixture only, where full has been", "L00", FULL, GROUPS["mixture only (group 4)"]),
    ]
    if everything:
        for backend, name in ((SAMPLE, "full on numba"), (AUTHORS, "joint by joint on C")):
            rows += [
                Job(f"{name}, cold", "L00", backend, backend=backend),
                Job(f"{name}, warm", "L00", backend, backend=backend),
                Job(f"{name}, new T: 100", "T100", backend, backend=backend),
            ]
    return rows


def table(folder: Path, rows: list[Job]) -> None:
    from data import write_gimbal  # not above: what a child imports is part of its time

    for name, size in {"L00": {}, "other": {"seed": 43}, "T100": {"T": 100}, "K6": {"K": 6}}.items():
        write_gimbal(folder / f"{name}.npz", **size)
    run(Job("bytecode", "L00", "bytecode"), folder)
    if any(job.backend == AUTHORS for job in rows):
        print("Compiling joint by joint takes a minute or more.", file=sys.stderr)
    print(f"| model | first gradient, s | compiled, s | {' | '.join(STAGES)} |")
    print("|---" * (3 + len(STAGES)) + "|")
    totals = {}
    for job in rows:
        totals[job.what], compiled, stages = run(job, folder)
        figures = " | ".join(f"{stages[s]:.2f}" if s in stages else "" for s in STAGES)
        print(f"| {job.what} | {totals[job.what]:.1f} | {compiled:.1f} | {figures} |", flush=True)
    if "joint by joint on C, cold" in totals:
        for state in ("cold", "warm"):
            times = totals[f"joint by joint on C, {state}"] / totals[f"{FULL}, {state}"]
            print(f"\nFaultline {state} is {times:.1f} times as fast as joint by joint on C {state}.")


def run(job: Job, folder: Path) -> tuple[float, float, dict[str, float]]:
    """Seconds from the start of a process until its first gradient is there, until it is compiled, and those of each stage."""
    own = ("PYTHONPATH", "FAULTLINE_CACHE", "PYTENSOR_FLAGS", "NUMBA_CACHE_DIR", "NUMBA_OPT")
    environment = {
        name: value
        for name, value in os.environ.items()
        if name not in own and not name.startswith("JAX_COMPILATION_CACHE")
    }
    if job.backend == AUTHORS:
        environment["PYTENSOR_FLAGS"] = "cxx=g++"
    environment |= plan_environment(folder / job.cache, environment)
    environment["PYTHONPATH"] = str(ROOT / "src")
    what = {
        "dataset": str(folder / f"{job.dataset}.npz"),
        "switches": job.switches,
        "repaired": job.repaired,
        "backend": job.backend,
    }
    began = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, str(Path(__file__)), "--child", json.dumps(what)],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    process.stdout.readline()
    first = time.perf_counter() - began
    line = process.stdout.readline()
    compiled = time.perf_counter() - began
    _, messages = process.communicate()
    if process.returncode:
        sys.exit(f"{job.what} failed:\n{messages}")
    stages = json.loads(line)
    # What passes before the child can look at a clock is import too: the interpreter's own start.
    stages["import"] = compiled - sum(stages.values())
    return first, compiled, stages


def child(dataset: str, switches: dict, repaired: bool, backend: str) -> None:
    """Print a line as soon as the gradient is there, and one, as soon as it is compiled, with the seconds of each stage."""
    import jax  # noqa: F401 (what is imported later would count as compiling)

    from faultline.cases.gimbal import model as case
    from faultline.engine.density import logp_and_gradient

    began = time.perf_counter()
    data = case.load_dataset(dataset)
    if backend == AUTHORS:
        stages = child_of_authors(data, switches, began)
    else:
        model = case.build(data, **switches, **(case.PRESETS["repaired"] if repaired else {}))
        stages = {"build": time.perf_counter() - began}
        stages |= first_and_compiled(logp_and_gradient, model, backend)
    print(json.dumps(stages), flush=True)


def first_and_compiled(logp_and_gradient, model, backend: str) -> dict[str, float]:
    """Seconds of each stage; a line is printed as soon as the gradient at the start is there."""
    marks = []

    def mark(name: str) -> None:
        marks.append((name, time.perf_counter()))

    def there(logp: float, gradient) -> None:
        print("there", flush=True)

    density = logp_and_gradient(model, backend, on_stage=mark, on_first=there)
    mark("end")
    if density.compiled.fallbacks:
        sys.exit(f"{backend} could not: {density.compiled.fallbacks}")
    spans = [(a[0], b[1] - a[1]) for a, b in itertools.pairwise(marks)]
    if backend != LOOK:
        print("there", flush=True)
        return dict(spans)
    # The second time around it is XLA that compiles, and its code that is called for the first time.
    (_, graph), (_, rewrite), (_, first), (_, compiling), (_, called) = spans
    return {"graph": graph, "rewrite": rewrite, "first": first, "compile": compiling + called}


def child_of_authors(data, switches: dict, began: float) -> dict[str, float]:
    from peers import authors
    from peers.problem import Problem

    model = authors.build(Problem.of(data, **switches))
    clock = [began, time.perf_counter()]
    function = authors.logp_and_gradient(model)
    clock.append(time.perf_counter())
    function(model.initial_point())
    clock.append(time.perf_counter())
    print("there", flush=True)
    seconds = (b - a for a, b in itertools.pairwise(clock))
    return dict(zip(("build", "compile", "first"), seconds, strict=True))


if __name__ == "__main__":
    sys.exit(main())
