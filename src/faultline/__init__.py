"""Faultline: finds the part of a failing PyMC model that is at fault, and the kind of cause."""

from __future__ import annotations

import importlib
from typing import Any

__version__ = "0.1.0"
__all__ = ("Diagnosis", "diagnose", "load")  # for type checkers: __init__.pyi


def __getattr__(name: str) -> Any:
    """What `faultline.api` has, imported when it is asked for: the workflow's jobs need none of it."""
    if name in __all__:
        return getattr(importlib.import_module(f"{__name__}.api"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
