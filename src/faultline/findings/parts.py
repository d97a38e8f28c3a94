"""The parts of a model that a verdict can name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from faultline.core.sections.record import Record
from faultline.core.sections.section import Row

CORE = "core model"
OBSERVATION = "observation model"
MODEL = "model"
"""What has no components has no core either."""
SIZE, START, GRAPH, RUN, UNKNOWN = "size", "start", "graph", "run", "unknown"
DESCRIBED = {
    CORE: f"the {CORE}",
    OBSERVATION: f"the {OBSERVATION}",
    MODEL: "the model",
    SIZE: "the size of the data",
    START: "the start",
    GRAPH: "the whole log-probability",
    RUN: "the run",
    UNKNOWN: "a part that is not known",
}
"""Parts that are no names of the model's own, in words."""


def components_on(record: Record) -> frozenset[str]:
    """The components that were switched on."""
    return frozenset(name for name, on in record.asked.components.items() if on)


def core(record: Record) -> str:
    """What is left with every component off; the model itself where it has none."""
    return CORE if record.asked.components else MODEL


def names_in(rows: Iterable[Row | str]) -> set[str]:
    """Names from a list of names or of mappings with a ``name``."""
    return {row["name"] if isinstance(row, Mapping) else row for row in rows}


def terms_in(record: Record) -> set[str]:
    """The terms of a group's log-probability: one per free variable, observed variable and potential."""
    model = record.model
    return names_in([*model.free_rvs, *model.observed, *model.potentials])
