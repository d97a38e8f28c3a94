"""A workflow of Snakemake's as one stage: ``PIPELINE`` names its Snakefile, ``TOGGLES`` keys of its config, ``FACTS`` JSON files that it leaves."""

from __future__ import annotations

import ast
import json
import os
import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from faultline.core.errors import InputError, one_line, shown
from faultline.core.reading import read_bytes
from faultline.targets.declared import Variant, variant_of
from faultline.targets.source import SOURCE_BYTES

if TYPE_CHECKING:
    from faultline.targets.pipeline_run import Output, Run

SEED = "seed"
"""The key of the config that the seed is given as, where the workflow's files mention one."""
CODE = (".smk", ".py", ".R", ".r", ".Rmd", ".jl", ".sh", ".ipynb", ".yaml", ".yml")
"""Endings of files that a Snakefile may name and that decide what it does: rules, scripts, environments."""
_KEY = r"[A-Za-z_]\w*\w"
"""What Snakemake takes for a key after ``--config``."""


@dataclass(frozen=True)
class Workflow:
    """A Snakefile.

    Parameters
    ----------
    path, files
        The Snakefile; and all files that decide what it does, itself among them.
    toggles
        The keys of its config that are toggles.
    facts
        What a fact is called -> its JSON file, from the folder that the workflow runs in.
    seeded
        Whether its files mention a seed.
    """

    path: Path
    files: tuple[Path, ...]
    toggles: Mapping[str, Variant]
    facts: Mapping[str, str]
    seeded: bool


class SnakemakeError(Exception):
    """The workflow failed, or left no facts: a finding about it."""


def read_workflow(ref: str, folder: Path, declared: Mapping[str, Any]) -> Workflow | None:
    """The Snakefile that a case names; None where it names none.

    Raises
    ------
    InputError
        There is no such file, or its toggles or facts cannot be used.
    """
    if "PIPELINE" not in declared:
        return None
    path = Path(folder, declared["PIPELINE"]).absolute()
    if not path.is_file():
        raise InputError(
            f"case {ref}: there is no Snakefile {shown(declared['PIPELINE'])} beside the case; correct PIPELINE."
        )
    toggles = {}
    for name, choices in declared.get("TOGGLES", {}).items():
        if not re.fullmatch(_KEY, name, re.ASCII) or not choices:
            raise InputError(
                f"case {ref}: TOGGLES: {shown(name)} must be a key of the config, of two letters or more, and have choices."
            )
        toggles[name] = variant_of(ref, name, list(choices), ast.Constant(choices[0]))
    facts = declared.get("FACTS", {})
    if not facts:
        raise InputError(
            f'case {ref}: PIPELINE needs FACTS, the JSON files with its figures; add FACTS = {{"fit": "results/fit.json"}}.'
        )
    for name, file in facts.items():
        if not name.isidentifier() or PurePosixPath(file).is_absolute() or ".." in PurePosixPath(file).parts:
            raise InputError(
                f"case {ref}: FACTS: {shown(name)} must be a name, and its file a path from the folder that the workflow runs in."
            )
    _check_scenarios(ref, declared.get("SCENARIOS", {}))
    files = _files(path)
    texts = [_text(file) for file in files]
    return Workflow(
        path, tuple(files), toggles, facts, any(re.search(rf"\b{SEED}\b", text) for text in texts)
    )


def _check_scenarios(ref: str, scenarios: Mapping[str, Mapping[str, Any]]) -> None:
    for scenario, values in scenarios.items():
        for name, value in values.items():
            if not re.fullmatch(_KEY, name, re.ASCII) or not isinstance(value, str | int | float):
                raise InputError(
                    f"case {ref}: SCENARIOS: {shown(scenario)}: Snakemake cannot be given {name}={shown(value)}; use a key of its config, of "
                    "two letters or more, and a number or a word."
                )


def _files(path: Path) -> list[Path]:
    """The Snakefile, the files that it names or imports, themselves or through others, and the code beside those of code."""
    waiting, found = [path], {path}
    while waiting:
        each = waiting.pop()
        text = _text(each)
        named = {Path(each.parent, name) for name in re.findall(r"""["']([^"'\n{}]+)["']""", text)}
        imported = {
            file
            for name in re.findall(r"^\s*(?:from|import)\s+(\w+)", text, re.MULTILINE)
            for file in (Path(each.parent, f"{name}.py"), *Path(each.parent, name).glob("**/*.py"))
        }
        beside = set(each.parent.iterdir()) if each != path else set()
        for other in {Path(os.path.normpath(one)) for one in named | imported | beside} - found:
            if not os.path.isfile(other):
                continue
            if other.suffix in CODE:
                found.add(other)
                waiting.append(other)
            elif other not in beside and other.stat().st_size <= SOURCE_BYTES:
                found.add(other)  # settings, say in JSON
    return sorted(found)


def _text(path: Path) -> str:
    return read_bytes(path, f"{path}:", SOURCE_BYTES, "give a shorter file").decode(errors="replace")


def run_workflow(
    workflow: Workflow, run: Run, chosen: Mapping[str, str], inputs: Mapping[str, Path]
) -> Output:
    """Run Snakemake in the stage's folder, where the inputs are linked to by their paths, and read the facts.

    Raises
    ------
    SnakemakeError
        A rule fails, or a file of facts is not there or is no JSON.
    InputError
        There is no Snakemake.
    """
    from faultline.targets.pipeline_run import CommandError

    if find_spec("snakemake") is None:
        raise InputError(
            f"PIPELINE needs Snakemake; install it with {sys.executable} -m pip install snakemake."
        )
    for name, path in inputs.items():
        place = Path(run.folder, name)
        place.parent.mkdir(parents=True, exist_ok=True)
        place.symlink_to(path)
    seed = {SEED: run.seed} if workflow.seeded else {}
    config = [f"{name}={value}" for name, value in {**seed, **run.scenario, **chosen}.items()]
    where = ["--snakefile", workflow.path, "--directory", run.folder, "--cores", "1"]
    try:
        run.command([sys.executable, "-m", "snakemake", *where, *(["--config", *config] if config else [])])
    except CommandError as error:
        raise SnakemakeError(_why(error.printed or str(error))) from None
    facts = {name: _facts(Path(run.folder, file), file) for name, file in workflow.facts.items()}
    return run.output(facts=facts, files=workflow.facts)


def _facts(path: Path, name: str) -> Any:
    try:
        return json.loads(path.read_bytes())
    except FileNotFoundError:
        raise SnakemakeError(f"the workflow ends without {name}, which FACTS names") from None
    except (OSError, ValueError, RecursionError) as error:
        raise SnakemakeError(f"{name}, which FACTS names, is no JSON: {one_line(str(error), 120)}") from None


def _why(printed: str) -> str:
    """What Snakemake says of a failure: the rule, and the last line before it; or the error that it begins its last words with."""
    lines = [line for line in printed.splitlines() if line.strip()]
    ends = [i for i, line in enumerate(lines) if line.startswith(("RuleException", "Error in rule"))]
    if rule := re.search(r"^Error in rule (\w+)", printed, re.MULTILINE):
        said = _last_said(lines[: ends[0]])
        return f"rule {rule[1]} fails" + (f": {said}" if said else "")
    errors = [i for i, line in enumerate(lines) if re.match(r"\w*(Exception|Error)\b", line)]
    said = " ".join(line.strip() for line in lines[errors[0] if errors else -3 :])
    said = re.sub(
        r" \(full checked path: [^)]*\)",
        "",
        re.sub(r'in file "?(?:[^"\s]*/)?([^"/\s,]+)"?', r"in file \1", said),
    )
    if re.search("MissingInputException|configfile .* not present", said):
        return f"INPUTS does not name a file that the workflow reads: {said}"
    return said


def _last_said(lines: Sequence[str]) -> str:
    """The last line that is no word of Snakemake's own about the job."""
    own = (" ", "[", "localrule", "rule ", "Execute ", "Select ")
    return next((line.strip() for line in reversed(lines) if not line.startswith(own)), "")
