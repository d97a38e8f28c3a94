"""A stage's rule lists as inputs every module that the stage imports, so that no edit of the code goes unnoticed."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from harness import ROOT

pytestmark = pytest.mark.slow

LIBRARY = ROOT / "src" / "faultline"
# How a stage is called: its effect stands in the command line, which is watched as such.
PLUMBING = {"checking.py", "cli.py", "config.py", "errors.py", "__init__.py"}
STAGES = {
    "sample": ["src/faultline/measure.py", "src/faultline/worker.py", "src/faultline/cases/gimbal/model.py"],
    "judge": ["scripts/judge_group.py"],
    "plot_sampling": ["scripts/plot_group.py"],
    "report_group": ["scripts/report_group.py"],
    "plot_size_ladder": ["scripts/plot_size_ladder.py"],
    "summarise": ["scripts/report_summary.py"],
}


def file_of(module: str) -> Path | None:
    place = LIBRARY.joinpath(*module.split(".")[1:])
    return next((file for file in (place.with_suffix(".py"), place / "__init__.py") if file.is_file()), None)


def origin(module: str, name: str) -> Path | None:
    """The file that ``from module import name`` gets its name from: past packages that only hand it on."""
    if submodule := file_of(f"{module}.{name}"):
        return submodule
    file = file_of(module)
    if file and file.name == "__init__.py":
        for node in ast.parse(file.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.ImportFrom) and name in {alias.name for alias in node.names}:
                return origin(node.module, name)
    return file


def imported(path: Path) -> Iterator[Path]:
    """Files of the library that a file imports, at its top or inside a function."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "faultline":
            yield from filter(None, (origin(node.module, alias.name) for alias in node.names))
        elif isinstance(node, ast.Import):
            yield from filter(None, (file_of(a.name) for a in node.names if a.name.startswith("faultline.")))


def closure(paths: list[str]) -> set[str]:
    """What these files import from the library, and what that imports, but for plumbing."""
    found, waiting = set(), [ROOT / path for path in paths]
    while waiting:
        for path in imported(waiting.pop()):
            if path not in found and path.relative_to(LIBRARY).as_posix() not in PLUMBING:
                found.add(path)
                waiting.append(path)
    return {str(path.relative_to(ROOT)) for path in found}


@pytest.fixture(scope="module")
def inputs(fresh) -> dict[str, set[str]]:
    """Rule -> its inputs in a ladder of which nothing is made."""
    output = fresh.snakemake(
        "-n", "report_summary", "--config", "case=gimbal", "suite=dry", "groups={sizes: [80, 200]}"
    ).stdout
    jobs = re.findall(r"^(?:local)?rule (\w+):\n    input: (.*)\n", output, re.MULTILINE)
    return {rule: set(files.split(", ")) for rule, files in jobs}


@pytest.mark.parametrize("rule", STAGES)
def test_what_a_stage_imports_is_among_its_inputs(inputs, rule):
    assert closure(STAGES[rule]) - inputs[rule] == set()


def test_code_that_only_judges_draws_or_writes_is_no_reason_to_sample(inputs):
    """The other direction: a sentence or a picture may never cost a minute of sampling."""
    words = {
        path for path in inputs["sample"] if re.search(r"/(plots|sections|report|summary|html|picture)", path)
    }
    assert words == set()
    assert inputs["sample"] - {"tests/diagnostics/datasets/v0.2.1_L00_minimal.npz"} <= {
        *closure(STAGES["sample"]),
        *STAGES["sample"],
        "src/faultline/cases/gimbal/__init__.py",
        "src/faultline/probes/__init__.py",
        "src/faultline/ladder.py",
    }
