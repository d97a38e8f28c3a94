"""How many slips in the rules do the tests notice? One change at a time, in a process of its own, until a test fails.

    python benchmarks/mutants.py                  # 200 of them, on two cores
    python benchmarks/mutants.py --number 40 --seed 1
    python benchmarks/mutants.py --at findings/chains.py:41
    python benchmarks/mutants.py --of "diagnosis/trials/*.py" --number 1000

A mutant turns a comparison round, takes an ``and`` for an ``or``, leaves out a ``not``, or doubles a limit: a number with
a name in capitals. It is noticed if a test fails, raises or does not end within ``--seconds``. No file is changed:
the process loads the altered source in place of the module. Each mutant is given to the files of tests that run its line,
the quickest first; which these are is seen once, in a run of each file by itself.
"""

from __future__ import annotations

import argparse
import ast
import contextlib
import copy
import importlib.util
import json
import os
import random
import signal
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from importlib.machinery import SourceFileLoader
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).resolve().parents[1]
SOURCE = ROOT / "src" / "faultline"
RULES = ("findings/*.py", "diagnosis/**/*.py", "criteria/**/*.py")
TESTS = (
    "test_golden.py",
    "test_advice.py",
    "test_verdict_*.py",
    "test_summary.py",
    "test_apart_pages.py",
    "test_given_draws.py",
    "test_report*.py",
    "test_probe_unheld.py",
    "test_probe_limits.py",
    "test_data_contract.py",
    "test_case_checks.py",
    "test_pipeline.py",
    "test_trials_*.py",
    "test_remedies_a*.py",
    "test_remedies_proposed.py",
    "test_caught.py",
)
TURNED = {
    ast.Lt: ast.GtE,
    ast.GtE: ast.Lt,
    ast.LtE: ast.Gt,
    ast.Gt: ast.LtE,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.And: ast.Or,
    ast.Or: ast.And,
}


@dataclass(frozen=True)
class Mutant:
    """One change to one file: the ``index``-th place that can be changed, in the order of ``ast.walk``."""

    path: Path
    index: int
    line: int
    change: str

    def __str__(self) -> str:
        return f"{self.path.relative_to(SOURCE)}:{self.line} {self.change}"


def limits(tree: ast.Module) -> set[ast.AST]:
    """The numbers to which a module gives names in capitals, whatever their sign."""
    named = [
        line.value
        for line in tree.body
        if isinstance(line, ast.Assign) and ast.unparse(line.targets[0]).isupper()
    ]
    return {value.operand if isinstance(value, ast.UnaryOp) else value for value in named}


def places(tree: ast.Module) -> Iterator[tuple[ast.AST, str]]:
    """Every node that can be changed, and what the change is."""
    doubled = limits(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.Compare) and len(node.ops) == 1:
            yield node, f"{type(node.ops[0]).__name__} -> {TURNED[type(node.ops[0])].__name__}"
        elif isinstance(node, ast.BoolOp):
            yield node, f"{type(node.op).__name__} -> {TURNED[type(node.op)].__name__}"
        elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
            yield node, "no Not"
        elif (
            node in doubled
            and isinstance(node, ast.Constant)
            and type(node.value) in (int, float)
            and node.value
        ):
            yield node, f"{node.value} -> {2 * node.value}"


def mutants() -> list[Mutant]:
    """All that can be made."""
    found = []
    for path in sorted(path for pattern in RULES for path in SOURCE.glob(pattern)):
        tree = ast.parse(path.read_text())
        found += [
            Mutant(path, index, node.lineno, change) for index, (node, change) in enumerate(places(tree))
        ]
    return found


def altered(mutant: Mutant) -> ast.Module:
    """The module's tree with the change in it."""
    tree = copy.deepcopy(ast.parse(mutant.path.read_text()))
    node, _ = list(places(tree))[mutant.index]
    if isinstance(node, ast.Compare):
        node.ops = [TURNED[type(node.ops[0])]()]
    elif isinstance(node, ast.BoolOp):
        node.op = TURNED[type(node.op)]()
    elif isinstance(node, ast.Constant):
        node.value = 2 * node.value
    else:
        node.op, node.operand = ast.Not(), ast.UnaryOp(ast.Not(), node.operand)
    return ast.fix_missing_locations(tree)


class _Loader(SourceFileLoader):
    """Loads a tree in place of the file's."""

    def __init__(self, name: str, path: str, tree: ast.Module):
        super().__init__(name, path)
        self.tree = tree

    def get_code(self, fullname):
        return compile(self.tree, self.path, "exec")


class _Finder:
    """Finds one module of Faultline, altered."""

    def __init__(self, mutant: Mutant):
        relative = mutant.path.relative_to(SOURCE.parent).with_suffix("")
        parts = relative.parts[:-1] if relative.name == "__init__" else relative.parts
        self.name, self.path, self.tree = ".".join(parts), str(mutant.path), altered(mutant)

    def find_spec(self, name, path=None, target=None):
        if name != self.name:
            return None
        loader = _Loader(name, self.path, self.tree)
        return importlib.util.spec_from_file_location(name, self.path, loader=loader)


@dataclass(frozen=True)
class Tests:
    """A file of tests, run without a mutant: its exit code, how long it took, and the lines of Faultline that it ran."""

    path: Path
    code: int
    seconds: float
    lines: frozenset[tuple[str, int]]


def run_tests(files: Sequence[Path]) -> int:
    """In a child: pytest's exit code, and nothing on the screen."""
    import pytest

    with open(os.devnull, "w") as nowhere:
        os.dup2(nowhere.fileno(), 1)
        os.dup2(nowhere.fileno(), 2)
        return int(pytest.main(["-x", "-q", "-p", "no:cacheprovider", "-m", "not slow", *map(str, files)]))


def watched(path: Path, found: Path) -> int:
    """In a child: run a file of tests, and leave in ``found`` what `Tests` holds."""
    lines: set[tuple[str, int]] = set()

    def ran(code, line):
        if code.co_filename.startswith(str(SOURCE)):
            lines.add((code.co_filename, line))
        return sys.monitoring.DISABLE

    sys.monitoring.use_tool_id(sys.monitoring.COVERAGE_ID, "mutants")
    sys.monitoring.register_callback(sys.monitoring.COVERAGE_ID, sys.monitoring.events.LINE, ran)
    sys.monitoring.set_events(sys.monitoring.COVERAGE_ID, sys.monitoring.events.LINE)
    began = time.monotonic()
    code = run_tests([path])
    found.write_text(json.dumps([code, time.monotonic() - began, sorted(lines)]))
    return code


def altogether(
    tasks: Mapping[int, Callable[[], int]], jobs: int, seconds: float
) -> Iterator[tuple[int, int | None]]:
    """The exit code of each task as it ends, each in a fork of this process, which has imported the libraries; None after ``seconds``."""
    waiting, running = dict(tasks), {}
    while waiting or running:
        while waiting and len(running) < jobs:
            number = next(iter(waiting))
            task = waiting.pop(number)
            if (pid := os.fork()) == 0:
                os.setsid()
                code = 99
                with contextlib.suppress(BaseException):
                    code = task()
                os._exit(code)
            running[pid] = number, time.monotonic()
        for pid, (number, began) in list(running.items()):
            ended, status = os.waitpid(pid, os.WNOHANG)
            if not ended and time.monotonic() - began < seconds:
                continue
            if not ended:
                os.killpg(pid, signal.SIGKILL)
                os.waitpid(pid, 0)
            del running[pid]
            yield number, status if ended else None
        time.sleep(0.05)


def tests(jobs: int, seconds: float) -> list[Tests]:
    """Every file of tests, the quickest first."""
    paths = [path for pattern in TESTS for path in sorted((ROOT / "tests" / "unit").glob(pattern))]
    with TemporaryDirectory() as folder:
        places = [Path(folder, f"{number}.json") for number in range(len(paths))]
        tasks = {number: partial(watched, path, places[number]) for number, path in enumerate(paths)}
        for _ in altogether(tasks, jobs, seconds):
            pass
        rows = [json.loads(place.read_text()) if place.is_file() else [99, 0, []] for place in places]
    found = [
        Tests(path, code, took, frozenset(map(tuple, lines)))
        for path, (code, took, lines) in zip(paths, rows, strict=True)
    ]
    return sorted(found, key=lambda each: each.seconds)


def given_to(mutant: Mutant, files: Sequence[Tests]) -> int:
    """In a child: the exit code of the tests that run the mutant's line, with the mutant."""
    sys.meta_path.insert(0, _Finder(mutant))
    chosen = [each.path for each in files if (str(mutant.path), mutant.line) in each.lines]
    return run_tests(chosen) if chosen else 0


def survivors(chosen: Sequence[Mutant], files: Sequence[Tests], jobs: int, seconds: float) -> list[Mutant]:
    """Those that no test notices."""
    found = []
    tasks = {number: partial(given_to, mutant, files) for number, mutant in enumerate(chosen)}
    for done, (number, code) in enumerate(altogether(tasks, jobs, seconds), start=1):
        mutant = chosen[number]
        if code == 0:
            found.append(mutant)
            print(f"{done:4}  not noticed: {mutant}", flush=True)
        elif code is None:
            print(f"{done:4}  not ended after {seconds:g} s: {mutant}", flush=True)
        elif done % 10 == 0:
            print(f"{done:4}  of {len(chosen)}", flush=True)
    return found


def main() -> int:
    """Command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--number", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument(
        "--seconds", type=float, default=300, help="a mutant whose tests last longer is noticed"
    )
    parser.add_argument("--at", nargs="*", help="only these places: FILE:LINE, below src/faultline")
    parser.add_argument("--of", nargs="*", help="only of files that fit these patterns, below src/faultline")
    arguments = parser.parse_args()
    sys.path[:0] = [str(ROOT / "src"), str(ROOT / "benchmarks")]
    sys.dont_write_bytecode = True
    import arviz  # noqa: F401  what the tests import, once
    import pymc  # noqa: F401
    import pytest  # noqa: F401

    every = mutants()
    if arguments.of:
        every = [
            mutant
            for mutant in every
            if any(mutant.path.relative_to(SOURCE).match(pattern) for pattern in arguments.of)
        ]
    if arguments.at:
        chosen = [m for m in every if f"{m.path.relative_to(SOURCE)}:{m.line}" in arguments.at]
    else:
        chosen = random.Random(arguments.seed).sample(every, min(arguments.number, len(every)))
    files = tests(arguments.jobs, arguments.seconds)
    if failing := [each.path.name for each in files if each.code not in (0, 5)]:  # 5: all its tests are slow
        print(f"Without a mutant, tests fail in {', '.join(failing)}.")
        return 1
    left = survivors(chosen, files, arguments.jobs, arguments.seconds)
    print(f"{len(chosen) - len(left)} of {len(chosen)} noticed, of {len(every)} that can be made")
    return 0


if __name__ == "__main__":
    sys.exit(main())
