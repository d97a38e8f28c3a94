"""How the groups of a suite were run, and whether all the same way."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from faultline.core.sections.record import Record
from faultline.diagnosis.sizes import is_size
from faultline.experiments import experiment
from faultline.report.markdown import code, number, table, text

Grouped = list[tuple[Any, list[int | None]]]
_EVERYTHING = "all"
_SETTINGS: dict[str, Callable[[Record], Any]] = {
    "case": lambda record: record.asked.case,
    "dataset": lambda record: record.asked.dataset,
    "variants": lambda record: record.asked.variants,
    "max_T": lambda record: record.asked.max_T or _EVERYTHING,  # no limit is a setting too
    "max_K": lambda record: record.asked.max_K or _EVERYTHING,
    "seed": lambda record: record.asked.seed,
    "sampler": lambda record: record.asked.sampler,
    "content of the dataset": lambda record: record.fingerprints.get("dataset"),
    "model source": lambda record: record.fingerprints.get("model_source"),
    "PyMC": lambda record: record.environment.get("pymc"),
    "PyTensor": lambda record: record.environment.get("pytensor"),
}


def mixed(records: Sequence[Record]) -> list[str]:
    """The settings in which the groups differ. A group that has no such setting (no sampler, say) does not count."""
    return [name for name in _SETTINGS if len(_values(records, name)) > 1]


def section(records: Sequence[Record]) -> str:
    """One row per setting; where groups differ, each value with its groups."""
    rows = [["run", _by_group(_grouped(records, lambda record: record.run_id))]] if records else []
    for name in _SETTINGS:
        grouped = _values(records, name)
        if grouped and [value for value, _ in grouped] != [_EVERYTHING]:
            rows.append([text(name), _by_group(grouped)])
    return table(["", ""], rows) if rows else "No group has run."


def _values(records: Sequence[Record], name: str) -> Grouped:
    if name == "max_T":  # what the groups of the size ladder differ in
        records = [record for record in records if not is_size(record)]
    return _grouped(records, _SETTINGS[name])


def _grouped(records: Sequence[Record], read: Callable[[Record], Any]) -> Grouped:
    """Each value that occurs, with the numbers of its groups; an absent one is left out."""
    found: Grouped = []
    # Draws that were given beside a model are a target of their own.
    for record in [record for record in records if not experiment(record.kind).given] or records:
        value = read(record)
        if not value:
            continue
        match = next((numbers for seen, numbers in found if seen == value), None)
        if match is None:
            found.append((value, [record.number]))
        else:
            match.append(record.number)
    return found


def _by_group(grouped: Grouped) -> str:
    if len(grouped) == 1:
        return _shown(grouped[0][0])
    return "; ".join(f"group {', '.join(map(str, numbers))}: {_shown(value)}" for value, numbers in grouped)


def _shown(value: Any) -> str:
    if isinstance(value, Mapping):
        return (
            ", ".join(f"{text(k)} {_shown(v)}" for k, v in value.items() if not isinstance(v, Mapping))
            or "none"
        )
    if isinstance(value, str):
        return code(value[:12] if len(value) == 64 and value.isalnum() else value)
    return (
        text(number(value))
        if isinstance(value, (int, float)) and not isinstance(value, bool)
        else text(value)
    )
