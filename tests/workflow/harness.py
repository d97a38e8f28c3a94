"""A copy of the project that a test may run and change."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
CASES = Path(__file__).parent / "cases"
PARTS = ("Snakefile", "config.yaml", "workflow", "profiles", "envs", "scripts", "src")
NOT_COPIED = shutil.ignore_patterns("*.egg-info", ".*")
"""Bytecode goes along: where Python may not write it, every job of a copy would compile Faultline anew."""

# Small enough to sample in a second, and never sampled on.
QUICK = {
    "case": "model.py",
    "suite": "toy",
    "sampler": {
        "tune": 20,
        "draws": 10,
        "confirm": {"tune": 20, "draws": 20},
        "extended": {"chains": 2, "tune": 20, "draws": 20},
    },
    "limits": {"total": 120, "compile": 100, "memory_mb": 2000},
}


class Project:
    """A checkout in a temporary folder, with the toy model as ``model.py``."""

    def __init__(self, root: Path):
        self.root = root

    @classmethod
    def new(cls, root: Path, case: str = "toy.py") -> Project:
        for part in PARTS:
            source = ROOT / part
            if source.is_dir():
                shutil.copytree(source, root / part, ignore=NOT_COPIED)
            else:
                root.mkdir(parents=True, exist_ok=True)
                shutil.copy2(source, root / part)
        shutil.copy2(CASES / case, root / "model.py")
        project = cls(root)
        project.configure(QUICK)
        return project

    def copy(self, root: Path) -> Project:
        """Everything, results and Snakemake's own notes included, with its dates."""
        shutil.copytree(self.root, root, symlinks=True)
        return Project(root)

    @property
    def suite(self) -> Path:
        settings = yaml.safe_load((self.root / "config.yaml").read_text())
        return self.root / "tests" / "diagnostics" / settings["suite"]

    def configure(self, changes: Mapping[str, Any]) -> None:
        """Change settings in ``config.yaml``, which loses its comments."""
        path = self.root / "config.yaml"
        path.write_text(yaml.safe_dump(merged(yaml.safe_load(path.read_text()), changes), sort_keys=False))

    def edit(self, file: str, appended: str = "\n# edited\n") -> None:
        with (self.root / file).open("a", encoding="utf-8") as handle:
            handle.write(appended)

    def snakemake(self, *arguments: str, fails: bool = False) -> subprocess.CompletedProcess:
        """Run Snakemake as a user does; the exit code has to be 0 unless it ``fails``, and then 1."""
        done = subprocess.run(
            self.command(*arguments),
            cwd=self.root,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == int(fails), f"{done.stdout}\n{done.stderr}"
        return done

    def terminal(self, command: list[str]) -> subprocess.CompletedProcess:
        """Run a command in the copy; ``stdout`` is all that a user sees on the terminal, in Faultline's own words."""
        environment = {name: value for name, value in self.environment.items() if name != "FAULTLINE_PLAIN"}
        return subprocess.run(
            command,
            cwd=self.root,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )

    def command(self, *arguments: str) -> list[str]:
        return [sys.executable, "-m", "snakemake", "-j4", *arguments]

    @property
    def environment(self) -> dict[str, str]:
        """Without the paths of the checkout that runs the tests, and with those that an installation of the copy has.

        What is read here is what Snakemake itself prints, and the store is the copy's own.
        """
        kept = {name: value for name, value in os.environ.items() if name != "FAULTLINE_STORE"}
        return {**kept, "PYTHONPATH": str(self.root / "src"), "FAULTLINE_PLAIN": "1"}

    def planned(self, *arguments: str) -> set[tuple[str, str]]:
        """What would run: pairs of a rule and the number of its group (empty for a rule without).

        A stage that two groups share runs once: under the lower number.
        """
        output = self.snakemake("-n", *arguments).stdout
        jobs = re.findall(r"^(?:local)?rule (\w+):\n((?: .*\n)*)", output, re.MULTILINE)
        numbers = self._numbers()

        def number(body: str) -> str:
            if group := re.search(r"group=group_(\d+)", body):
                return group[1]
            key = re.search(r"key=(\w+)", body)
            return numbers.get(key[1], "") if key else ""

        return {(rule, number(body)) for rule, body in jobs}

    def _numbers(self) -> dict[str, str]:
        """Key of a stage -> the number of the group that it is asked for, in any suite."""
        found: dict[str, str] = {}
        for path in self.root.glob("tests/diagnostics/*/requests/group_*.json"):
            if "published" in path.name:
                continue
            number = path.name.split("_")[1]
            request = json.loads(path.read_text())
            for stage in ("measured", "judged", "plotted"):
                found[request[stage]] = min(number, found.get(request[stage], number), key=int)
        return found

    def asked(self, group: str) -> dict[str, str]:
        """What the suite asks for under the name of a group: the keys of its stages."""
        return json.loads((self.suite / "requests" / f"{group}.json").read_text())


def merged(old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, Any]:
    both = {**old, **new}
    return {
        k: merged(old[k], v) if isinstance(v, Mapping) and isinstance(old.get(k), Mapping) else v
        for k, v in both.items()
    }
