"""Sets of changes that matter only together: what the search for them needs and how often it is right, beside BugDoc and Picire.

    python benchmarks/sets.py
    python benchmarks/sets.py --repeats 1000 --python path/to/env/bin/python

Of 40 toggles, one to three were planted at random: the outcome shows if all of them are changed. Each tool knows the configuration
with no change and the one with all changes. It is asked with outcomes that are always right, and with one run in twenty wrong,
which the other tools were not made for: they trust every outcome.
Makes an environment of its own for the other tools; or takes ``--python``, of an environment that has them. Prints a Markdown table:
different configurations that were run (mean, largest), runs, and the shares of repeats in which the only answer was the planted set,
in which there was another answer, and in which there was none.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import subprocess
import tempfile
import venv
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from faultline.core.configuration import Configuration, configuration, differences
from faultline.criteria.trials.minimal_set import FOUND, minimal_set

WORKER = Path(__file__).parent / "peers" / "sets_worker.py"
# BugDoc asks for old versions of libraries that this part of it does not use; Picire for one of setuptools.
PEERS = ("bugdoc==0.1", "picire==21.8")
NEEDED = ("chardet", "future", "inators", "pillow", "psutil", "setuptools<81", "six")
TOGGLES = 40
TOOLS = {
    "faultline": "Faultline",
    "shortcut": "BugDoc, stacked shortcut",
    "trees": "BugDoc, debugging decision trees",
    "picire": "Picire, delta debugging",
}


class Outcomes(Mapping[tuple[Configuration, int], bool]):
    """The outcomes of all runs, made when they are looked at."""

    def __init__(self, needed: set[int], errs: float, seed: int) -> None:
        self.needed = {f"t{i:02d}" for i in needed}
        self.errs, self.random = errs, random.Random(seed)
        self.made: dict[tuple[Configuration, int], bool] = {}

    def __contains__(self, key: object) -> bool:
        return True

    def __getitem__(self, key: tuple[Configuration, int]) -> bool:
        if key not in self.made:
            shows = all(choice == "1" for toggle, choice in key[0] if toggle in self.needed)
            self.made[key] = shows != (self.random.random() < self.errs)
        return self.made[key]

    def __iter__(self) -> Iterator[tuple[Configuration, int]]:
        return iter(self.made)

    def __len__(self) -> int:
        return len(self.made)


def environment(folder: Path) -> Path:
    """The Python of a new environment with the other tools in it."""
    venv.create(folder / "env", with_pip=True)
    python = folder / "env" / "bin" / "python"
    pip = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, "--no-deps", *PEERS], check=True)
    subprocess.run([*pip, *NEEDED], check=True)
    return python


def by_faultline(question: Mapping[str, Any]) -> dict[str, Any]:
    names = [f"t{i:02d}" for i in range(question["n"])]
    base, goal = (configuration(dict.fromkeys(names, choice)) for choice in "01")
    outcomes = Outcomes(set(question["needed"]), question["errs"], question["seed"])
    found, _ = minimal_set(base, differences(base, goal), outcomes, range(40), holds=True)
    answers = [[int(toggle[1:]) for toggle, _ in found.changes]] if found.outcome == FOUND else []
    return {"answers": answers, "configurations": found.configurations, "runs": len(outcomes)}


def questions(repeats: int) -> Iterator[dict[str, Any]]:
    for n_needed in (1, 2, 3):
        for errs in (0.0, 0.05):
            for seed in range(repeats):
                needed = random.Random(f"{n_needed} {seed}").sample(range(TOGGLES), n_needed)
                yield {"n": TOGGLES, "needed": sorted(needed), "errs": errs, "seed": seed}


def answers(tool: str, asked: list[dict[str, Any]], python: Path) -> list[dict[str, Any]]:
    if tool == "faultline":
        return [by_faultline(question) for question in asked]
    lines = "".join(json.dumps({"tool": tool, **question}) + "\n" for question in asked)
    done = subprocess.run([python, WORKER], input=lines, capture_output=True, text=True, check=True)
    return [json.loads(line) for line in done.stdout.splitlines()]


def row(tool: str, n_needed: int, errs: float, pairs: list[tuple[dict[str, Any], dict[str, Any]]]) -> str:
    right = sum(answer["answers"] == [question["needed"]] for question, answer in pairs) / len(pairs)
    none = sum(not any(answer["answers"]) for _, answer in pairs) / len(pairs)
    configurations = [answer["configurations"] for _, answer in pairs]
    runs = statistics.mean(answer["runs"] for _, answer in pairs)
    cells = [
        str(n_needed),
        f"{errs:.0%}",
        TOOLS[tool],
        f"{statistics.mean(configurations):.0f} ({max(configurations)})",
        f"{runs:.0f}",
        f"{right:.1%}",
        f"{1 - right - none:.1%}",
        f"{none:.1%}",
    ]
    return f"| {' | '.join(cells)} |"


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--repeats", type=int, default=200)
    parser.add_argument("--python", type=Path, help="of an environment that has the other tools")
    options = parser.parse_args()
    asked = list(questions(options.repeats))
    with tempfile.TemporaryDirectory() as folder:
        python = options.python or environment(Path(folder))
        found = {tool: answers(tool, asked, python) for tool in TOOLS}
    print("| planted | wrong runs | tool | configurations | runs | right | wrong | no answer |")
    print("|---|---|---|---|---|---|---|---|")
    for n_needed in (1, 2, 3):
        for errs in (0.0, 0.05):
            for tool in TOOLS:
                pairs = [
                    (question, answer)
                    for question, answer in zip(asked, found[tool], strict=True)
                    if len(question["needed"]) == n_needed and question["errs"] == errs
                ]
                print(row(tool, n_needed, errs, pairs))


if __name__ == "__main__":
    main()
