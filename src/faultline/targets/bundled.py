"""The bundled cases: one line names them, and what belongs to each is found by convention.

A bundled case is a package ``faultline.cases.<name>``. Its ``__init__`` imports nothing, so that planning may read it, and holds
literals, if it wants: ``DATASETS``, the names of the data that it can make, its default first, and ``SUITE``, where the suite of
that default has a name of its own. Its ``model`` is the case. With data it has two modules more: ``generate`` with ``make(name, path)``, which
writes an ``.npz`` file, and ``picture`` with ``describe(path, picture=None)``, which validates such a file, draws it where a place
for the picture is given, and returns the facts about it.
"""

from __future__ import annotations

import importlib
from types import ModuleType

CASES = ("gimbal", "lambda_hat", "ptycho", "urease")
"""The bundled cases; the first is the default."""


def dotted(case: str, part: str) -> str:
    """The name of a module of a bundled case."""
    return f"faultline.cases.{case}.{part}"


def module(case: str, part: str) -> ModuleType:
    """A module of a bundled case, imported."""
    return importlib.import_module(dotted(case, part))


def package(case: str) -> ModuleType:
    """The package of a bundled case, which holds its literals."""
    return importlib.import_module(f"faultline.cases.{case}")


def datasets(case: str) -> tuple[str, ...]:
    """Names of the data that a case can make, its default first; none of a case that is not bundled."""
    return getattr(package(case), "DATASETS", ()) if case in CASES else ()


def owner(dataset: str | None) -> str | None:
    """The bundled case that makes the data of this name; None for any other text, such as a path."""
    return next((case for case in CASES if dataset in datasets(case)), None)
