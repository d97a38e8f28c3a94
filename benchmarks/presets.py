"""Presets that were chosen afterwards: does a bundled pipeline get the right verdicts for faults that nobody has looked at together?

    python benchmarks/presets.py lambda_hat --seed 1
    python benchmarks/presets.py ptycho --seed 3 --kind swapped --faults 2 --healthy 1

Each preset is made by chance (`--seed`) from the faults of the case, which are the choices of its failing preset that the repaired one does
not have, but for those of `BUDGET`:

- `subset`: some of the faults, and nothing else;
- `neutralized`: the same in a copy of the case in which one of them does what the repaired choice does;
- `swapped`: the same in a copy in which the choices of one toggle are called "one" and "two", the repaired one first or last by chance.

The trials change these toggles and some sound ones. Every verdict is compared with what was planted: a fault is a defect, and neither a
fault that was neutralized nor a sound choice is; what is named as the cause was planted. "open" is no mistake, and is counted. Prints a
Markdown table, and ends with exit code 1 where a verdict is wrong.
"""

from __future__ import annotations

import argparse
import ast
import json
import os
import random
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from faultline.core.record import read_json
from faultline.targets.bundled import CASES
from faultline.targets.case import Signature, read_signature
from faultline.targets.source import find_source

KINDS = ("subset", "neutralized", "swapped")
DECLARED = (
    "SCENARIOS",
    "CRITERIA",
    "ORACLES",
    "CONTRACT",
    "INPUTS",
    "RESOURCES",
    "BUDGET",
    "TRIED_IN",
    "PRESETS",
    "REPAIRED",
)
LEFT_OUT = ("HYPOTHESES", "EXIT_CRITERIA", "CONTROLS")
PLANTED, REPAIRED = "planted", "repaired"
FOUND, CLEARED, OPEN = ("confirmed", "minor"), ("refuted", "harmful", "not testable"), "open"


@dataclass(frozen=True)
class Preset:
    """What was planted, and how the copy of the case differs from it.

    Parameters
    ----------
    faults
        The toggles that are at fault.
    sound
        Other toggles that are tried.
    neutralized
        One of ``faults`` that the copy has made harmless; None: none.
    renamed
        Toggle -> neutral name of each of its choices.
    """

    faults: tuple[str, ...]
    sound: tuple[str, ...]
    neutralized: str | None = None
    renamed: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def name_of(self, toggle: str, choice: str) -> str:
        return self.renamed.get(toggle, {}).get(choice, choice)


def faults_of(case: Signature) -> list[str]:
    """The toggles that the failing preset has otherwise than the repaired one, but for those that say how much is computed."""
    failing = case.choose_variants({})
    return [
        toggle
        for toggle, choice in case.repaired.items()
        if choice != failing[toggle] and toggle not in case.literals.get("BUDGET", {})
    ]


def chosen(case: Signature, kind: str, chance: random.Random, faults: int, sound: int) -> Preset:
    """A preset of one kind. A toggle that the case tries elsewhere is not called sound: there its other choice may well be the better one."""
    every = faults_of(case)
    planted = tuple(chance.sample(every, min(faults, len(every))))
    left_out = {*planted, *case.literals.get("BUDGET", {}), *case.literals.get("TRIED_IN", {})}
    others = [toggle for toggle in case.variants if toggle not in left_out]
    healthy = tuple(chance.sample(others, min(sound, len(others))))
    if kind == "neutralized":
        return Preset(planted, healthy, neutralized=planted[0])
    if kind == "swapped":
        two = [toggle for toggle in planted if len(case.variants[toggle].choices) == 2]
        toggle = (two or planted)[0]
        names = [str(number) for number in range(1, len(case.variants[toggle].choices) + 1)]
        names = ["one", "two"] if len(names) == 2 else names
        choices = list(case.variants[toggle].choices)
        chance.shuffle(choices)
        return Preset(planted, healthy, renamed={toggle: dict(zip(choices, names, strict=True))})
    return Preset(planted, healthy)


def copied(case: Signature, preset: Preset) -> str:
    """The source of the copy: the stages of the case, and what has to hold; nothing of what its authors believe."""
    tree = ast.parse(find_source(case.ref).path.read_text(encoding="utf-8"))
    kept = [node for node in tree.body if not _declares(node)]
    stages = {stage.name: stage for stage in case.stages}
    for node in kept:
        if isinstance(node, ast.FunctionDef) and node.name in stages:
            for toggle in stages[node.name].toggles:
                _change(node, case, preset, toggle)
    tree.body = kept
    literals = {name: case.literals[name] for name in DECLARED if name in case.literals}
    repaired = {toggle: preset.name_of(toggle, choice) for toggle, choice in case.repaired.items()}
    failing = case.choose_variants({})
    planted = {toggle: preset.name_of(toggle, failing[toggle]) for toggle in preset.faults}
    literals |= {"PRESETS": {REPAIRED: repaired, PLANTED: repaired | planted}, "REPAIRED": REPAIRED}
    literals["TRIED_IN"] = {
        tried: {
            **row,
            "choices": {
                each: preset.name_of(each, choice) for each, choice in row.get("choices", {}).items()
            },
        }
        for tried, row in literals.get("TRIED_IN", {}).items()
    }
    declared = "\n".join(f"{name} = {value!r}" for name, value in literals.items())
    return f"{ast.unparse(ast.fix_missing_locations(tree))}\n\n{declared}\n"


def _declares(node: ast.stmt) -> bool:
    """Whether a statement declares what the copy has its own of: by an assignment, or by an import from beside the case."""
    names = {*DECLARED, *LEFT_OUT}
    if isinstance(node, ast.ImportFrom):
        return any(alias.name in names for alias in node.names)
    targets = node.targets if isinstance(node, ast.Assign) else []
    return any(isinstance(target, ast.Name) and target.id in names for target in targets)


def _change(node: ast.FunctionDef, case: Signature, preset: Preset, toggle: str) -> None:
    """Give a stage the neutral names of a toggle, and what they stand for; or make a fault harmless."""
    lines = []
    if names := preset.renamed.get(toggle):
        arguments = [*node.args.args, *node.args.kwonlyargs]
        [place] = [i for i, argument in enumerate(arguments) if argument.arg == toggle]
        choices = ", ".join(repr(name) for name in sorted(names.values()))
        arguments[place].annotation = ast.parse(f"Literal[{choices}]", mode="eval").body
        defaults = [None] * (len(node.args.args) - len(node.args.defaults)) + node.args.defaults
        defaults += node.args.kw_defaults
        old = ast.literal_eval(defaults[place])
        defaults[place] = ast.Constant(names[old])
        split = len(node.args.args)
        node.args.defaults = [each for each in defaults[:split] if each is not None]
        node.args.kw_defaults = defaults[split:]
        lines.append(f"{toggle} = { ({name: choice for choice, name in names.items()})!r}[{toggle}]")
    if toggle == preset.neutralized:
        fault, right = case.choose_variants({})[toggle], case.repaired[toggle]
        lines.append(f"{toggle} = {right!r} if {toggle} == {fault!r} else {toggle}")
    documented = ast.get_docstring(node) is not None
    node.body[documented:documented] = [each for line in lines for each in ast.parse(line).body]


def diagnosed(source: str, case: Signature, preset: Preset, folder: Path, cores: int) -> dict[str, Any]:
    """What the trials of the copy say, with the answer of its summary as ``answer``."""
    folder.mkdir(parents=True)
    (folder / "copy.py").write_text(source, encoding="utf-8")
    failing = {**case.repaired, **{toggle: case.choose_variants({})[toggle] for toggle in preset.faults}}
    changes = [{toggle: preset.name_of(toggle, case.repaired[toggle])} for toggle in preset.faults] + [
        {toggle: preset.name_of(toggle, _other(case, toggle, failing[toggle]))} for toggle in preset.sound
    ]
    command = [sys.executable, "-m", "faultline", "diagnose", "copy.py", "--cores", str(cores), "-q"]
    for setting in (f"variants={PLANTED}", f"trials={json.dumps(changes)}", "suite=copy"):
        command += ["--set", setting]
    done = subprocess.run(command, cwd=folder, env=os.environ, capture_output=True, text=True, check=False)
    results = folder / "faultline-results"
    found = next(iter(results.rglob("results/trials.json")), None)
    if found is None:
        raise SystemExit(f"the copy in {folder} has no trials:\n{done.stdout}\n{done.stderr}")
    return {**read_json(found), "answer": read_json(found.parent / "summary.json")["answer"]}


def _other(case: Signature, toggle: str, stands: str) -> str:
    """Another choice of a sound toggle: the one of the failing preset, where that is another."""
    failing = case.choose_variants({})[toggle]
    return failing if failing != stands else next(c for c in case.variants[toggle].choices if c != stands)


def verdicts(trials: Mapping[str, Any], preset: Preset) -> list[tuple[str, str, str, str]]:
    """What each toggle is, what is said of it, why, and whether that is right, wrong, or open."""
    rows = []
    for row in trials["choices"]:
        word, why = row["audit"]["word"], row["audit"]["why"]
        if row["toggle"] == preset.neutralized:
            planted, right = "neutralized", row["defect"] != "yes" and word not in (*FOUND, "harmful")
        elif row["toggle"] in preset.faults:
            planted, right = "a fault", row["defect"] != "no" and word in FOUND
        else:
            planted, right = "sound", word in CLEARED
        told = "right" if right else OPEN if word == OPEN and row["defect"] != "no" else "wrong"
        rows.append((f"{row['toggle']}: {planted}", f"{word} (a defect: {row['defect']})", why, told))
    planted = set(preset.faults) - {preset.neutralized}
    named = set(trials["answer"]["part"]) & {row["toggle"] for row in trials["choices"]}
    symptom = trials["symptom"] or "no symptom"
    told = "right" if named and named <= planted else "wrong" if named - planted else OPEN
    if trials["symptom"] is None and not named:
        told = "right"
    rows.append((f"cause of {symptom}", ", ".join(sorted(named)) or "none named", "", told))
    return rows


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("case", help=f"a bundled pipeline: one of {', '.join(CASES[1:])}")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--kind", choices=KINDS, action="append", help="default: one of each")
    parser.add_argument("--faults", type=int, default=2, help="faults to plant")
    parser.add_argument("--sound", type=int, default=1, help="sound toggles to try beside them")
    parser.add_argument("--cores", type=int, default=2)
    asked = parser.parse_args()
    case = read_signature(asked.case)
    if not case.stages or case.repaired is None:
        parser.error(f"case {asked.case} is no pipeline with a repaired preset")
    mistakes = 0
    for kind in asked.kind or KINDS:
        preset = chosen(case, kind, random.Random(f"{asked.seed} {kind}"), asked.faults, asked.sound)
        with tempfile.TemporaryDirectory() as folder:
            trials = diagnosed(copied(case, preset), case, preset, Path(folder, kind), asked.cores)
        print(
            f"\n{asked.case}, seed {asked.seed}, {kind}\n\n| planted | said | why | verdict |\n| --- | --- | --- | --- |"
        )
        for row in verdicts(trials, preset):
            print(f"| {' | '.join(row)} |", flush=True)
            mistakes += row[-1] == "wrong"
    return 1 if mistakes else 0


if __name__ == "__main__":
    sys.exit(main())
