"""How many slips in the rules do the tests notice? One change at a time, in a process of its own, until a test fails.

    python benchmarks/mutants.py                  # 200 of them, on two cores
    python benchmarks/mutants.py --number 40 --seed 1
    python benchmarks/mutants.py --at findings/chains.py:41

A mutant turns a comparison round, takes an ``and`` for an ``or``, leaves out a ``not``, or doubles a limit: a number with
a name in capitals. It is noticed if a test fails, raises or does not end within ``--seconds``. No file is changed:
the process loads the altered source in place of the module.
"""

from __future__ import annotations

import argparse
import ast
import contextlib
import copy
import importlib.util
import os
import random
import signal
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.machinery import SourceFileLoader
from pathlib import Path

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
    "test_pipeline.py",
    "test_trials_*.py",
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


def run_tests(mutant: Mutant | None) -> int:
    """In a child: pytest's exit code, and nothing on the screen."""
    if mutant is not None:
        sys.meta_path.insert(0, _Finder(mutant))
    import pytest

    files = [str(path) for pattern in TESTS for path in sorted((ROOT / "tests" / "unit").glob(pattern))]
    with open(os.devnull, "w") as nowhere:
        os.dup2(nowhere.fileno(), 1)
        os.dup2(nowhere.fileno(), 2)
        return int(pytest.main(["-x", "-q", "-p", "no:cacheprovider", "-m", "not slow", *files]))


def begin(mutant: Mutant | None) -> int:
    """Start the tests in a fork of this process, which has imported the libraries. Returns its process id."""
    pid = os.fork()
    if pid == 0:
        os.setsid()
        code = 99
        with contextlib.suppress(BaseException):
            code = run_tests(mutant)
        os._exit(code)
    return pid


def survivors(chosen: list[Mutant | None], jobs: int, seconds: float) -> list[Mutant | None]:
    """Those that no test notices."""
    waiting, running, found = list(chosen), {}, []
    while waiting or running:
        while waiting and len(running) < jobs:
            mutant = waiting.pop(0)
            running[begin(mutant)] = (mutant, time.monotonic())
        for pid, (mutant, began) in list(running.items()):
            ended, status = os.waitpid(pid, os.WNOHANG)
            if not ended and time.monotonic() - began < seconds:
                continue
            if not ended:
                os.killpg(pid, signal.SIGKILL)
                os.waitpid(pid, 0)
            del running[pid]
            if mutant is None:
                found += [mutant] * (ended and status == 0)
                continue
            done = len(chosen) - len(waiting) - len(running)
            if ended and status == 0:
                found.append(mutant)
                print(f"{done:4}  not noticed: {mutant}", flush=True)
            elif not ended:
                print(f"{done:4}  not ended after {seconds:g} s: {mutant}", flush=True)
            elif done % 10 == 0:
                print(f"{done:4}  of {len(chosen)}", flush=True)
        time.sleep(0.05)
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
    arguments = parser.parse_args()
    sys.path[:0] = [str(ROOT / "src"), str(ROOT / "benchmarks")]
    sys.dont_write_bytecode = True
    import arviz  # noqa: F401  what the tests import, once
    import pymc  # noqa: F401
    import pytest  # noqa: F401

    every = mutants()
    if arguments.at:
        chosen = [m for m in every if f"{m.path.relative_to(SOURCE)}:{m.line}" in arguments.at]
    else:
        chosen = random.Random(arguments.seed).sample(every, min(arguments.number, len(every)))
    if survivors([None], 1, arguments.seconds) != [None]:
        print("The tests fail without a mutant.")
        return 1
    left = survivors(chosen, arguments.jobs, arguments.seconds)
    print(f"{len(chosen) - len(left)} of {len(chosen)} noticed, of {len(every)} that can be made")
    return 0


if __name__ == "__main__":
    sys.exit(main())
