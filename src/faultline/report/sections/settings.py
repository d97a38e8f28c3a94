"""How the groups of a suite were run, and whether all the same way."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from faultline.diagnosis.sizes import is_size
from faultline.report.markdown import code, number, table, text

_SETTINGS = {
    "case": ("asked", "case"),
    "dataset": ("asked", "dataset"),
    "variants": ("asked", "variants"),
    "max_T": ("asked", "max_T"),
    "max_K": ("asked", "max_K"),
    "seed": ("asked", "seed"),
    "sampler": ("asked", "sampler"),
    "content of the dataset": ("fingerprints", "dataset"),
    "model source": ("fingerprints", "model_source"),
    "PyMC": ("environment", "pymc"),
    "PyTensor": ("environment", "pytensor"),
}
_EVERYTHING = "all"


def mixed(records: Sequence[Mapping[str, Any]]) -> list[str]:
    """The settings in which the groups differ. A group that has no such setting (no sampler, say) does not count."""
    return [name for name in _SETTINGS if len(_values(records, name)) > 1]


def section(records: Sequence[Mapping[str, Any]]) -> str:
    """One row per setting; where groups differ, each value with its groups."""
    rows = [["run", _by_group(_grouped(records, lambda r: r.get("run_id")))]] if records else []
    for name in _SETTINGS:
        grouped = _values(records, name)
        if grouped and [value for value, _ in grouped] != [_EVERYTHING]:
            rows.append([text(name), _by_group(grouped)])
    return table(["", ""], rows) if rows else "No group has run."


def _values(records: Sequence[Mapping[str, Any]], name: str) -> list[tuple[Any, list[int]]]:
    place, key = _SETTINGS[name]
    if key == "max_T":  # what the groups of the size ladder differ in
        records = [record for record in records if not is_size(record)]
    everything = _EVERYTHING if key in ("max_T", "max_K") else None  # no limit is a setting too
    return _grouped(records, lambda record: (record.get(place) or {}).get(key, everything) or everything)


def _grouped(records, read) -> list[tuple[Any, list[int]]]:
    """Each value that occurs, with the numbers of its groups; an absent one is left out."""
    found: list[tuple[Any, list[int]]] = []
    for record in records:
        value = read(record)
        if value is None:
            continue
        match = next((numbers for seen, numbers in found if seen == value), None)
        if match is None:
            found.append((value, [record["number"]]))
        else:
            match.append(record["number"])
    return found


def _by_group(grouped: list[tuple[Any, list[int]]]) -> str:
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
