"""The parts of a model that a verdict can name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

CORE = "core model"
OBSERVATION = "observation model"
MODEL = "model"
"""What has no components has no core either."""


def components_on(record: Mapping[str, Any]) -> frozenset[str]:
    """The components that were switched on."""
    asked = (record.get("asked") or {}).get("components") or {}
    return frozenset(name for name, on in asked.items() if on)


def core(record: Mapping[str, Any]) -> str:
    """What is left with every component off; the model itself where it has none."""
    return CORE if (record.get("asked") or {}).get("components") else MODEL


def names_in(rows: Iterable[Any] | None) -> set[str]:
    """Names from a list of names or of mappings with a ``name``."""
    return {row["name"] if isinstance(row, Mapping) else row for row in rows or []}


def terms_in(record: Mapping[str, Any]) -> set[str]:
    """The terms of a group's log-probability: one per free variable, observed variable and potential."""
    model = record.get("model") or {}
    return set().union(*(names_in(model.get(key)) for key in ("free_rvs", "observed", "potentials")))
