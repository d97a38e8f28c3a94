"""The models of this benchmark and their answers, read without running them.

A file with a fault has ``ANSWER = {"names": [...], "cause_class": ...}`` and is written two ways, ``faulty`` and
``repaired``; a sound one has ``ANSWER = None``. ``INTERRUPT = True``: its sampling is interrupted from outside.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from pathlib import Path
from typing import Any

MODELS = Path(__file__).parent / "models"
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

    @property
    def name(self) -> str:
        return f"{self.model}-{self.written}"

    @property
    def path(self) -> Path:
        return MODELS / f"{self.model}.py"


def runs(quick: bool = False) -> list[Run]:
    """Every model in every way it is written."""
    files = sorted(path for path in MODELS.glob("*.py") if not path.name.startswith("_"))
    found = []
    for path in files[::QUICK] if quick else files:
        said = _literals(path)
        answer = said["ANSWER"]
        if answer is None:
            found.append(Run(path.stem, "sound", None, False, False))
        else:
            found.append(Run(path.stem, "faulty", answer, said.get("INTERRUPT", False), False))
            found.append(Run(path.stem, "repaired", None, False, True))
    return found


def _literals(path: Path) -> dict[str, Any]:
    found = {}
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        name = getattr(node.targets[0], "id", None) if isinstance(node, ast.Assign) else None
        if name in ("ANSWER", "INTERRUPT"):
            found[name] = ast.literal_eval(node.value)
    return found
