"""The models of this benchmark and their answers, read without running them.

A file with a fault has ``ANSWER = {"names": [...], "cause_class": ...}`` and is written two ways, ``faulty`` and
``repaired``; a sound one has ``ANSWER = None``. ``INTERRUPT = True``: its sampling is interrupted from outside.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
SETS = {"all": HERE / "models", "quick": HERE / "models", "blind": HERE / "blind", "unseen": HERE / "unseen"}
"""Folders of models. Those of ``blind`` were written without a look at the rules, those of ``unseen`` after them, likewise."""

QUICK = 3
"""Every third model, by name, is in the quick set."""


@dataclass(frozen=True)
class Run:
    """One way of writing one model, with its answer: None where it is sound."""

    model: str
    written: str
    answer: dict[str, Any] | None
    interrupt: bool
    twin: bool
    path: Path

    @property
    def name(self) -> str:
        return f"{self.model}-{self.written}"


def runs(models: str = "all") -> list[Run]:
    """Every model of a set in every way it is written."""
    files = sorted(path for path in SETS[models].glob("*.py") if not path.name.startswith("_"))
    found = []
    for path in files[::QUICK] if models == "quick" else files:
        said = _literals(path)
        answer = said["ANSWER"]
        if answer is None:
            found.append(Run(path.stem, "sound", None, False, False, path))
        else:
            found.append(Run(path.stem, "faulty", answer, said.get("INTERRUPT", False), False, path))
            found.append(Run(path.stem, "repaired", None, False, True, path))
    return found


def _literals(path: Path) -> dict[str, Any]:
    found = {}
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        name = getattr(node.targets[0], "id", None) if isinstance(node, ast.Assign) else None
        if name in ("ANSWER", "INTERRUPT"):
            found[name] = ast.literal_eval(node.value)
    return found
