"""How a judged group ended and where its divergences lie, as every page, picture and rule reads it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from faultline.findings import thresholds as limit

OWN_DOING = ("CRASH", "RECURSION")  # statuses of an error that is the model's own


def outcome(record: Mapping[str, Any]) -> str:
    return (record.get("verdict") or {}).get("outcome", "not_run")


def failed(record: Mapping[str, Any] | None) -> bool:
    """Whether the model is known to fail here: a failed group, or an error that is the model's own doing."""
    if record is None:
        return False
    own_doing = (record.get("verdict") or {}).get("status") in OWN_DOING
    return outcome(record) == "fail" or (outcome(record) == "error" and own_doing)


def passed(record: Mapping[str, Any] | None) -> bool:
    return record is not None and outcome(record) == "pass"


def set_apart(sampling: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The variables in which a run's divergences lie elsewhere than other draws, by more than chance; the first most."""
    positions = sampling.get("divergence_positions") or {}
    if (positions.get("n") or 0) < limit.DIVERGENCES_MIN:
        return []
    rows = positions.get("variables") or []
    return [row for row in rows if isinstance(row.get("p"), float) and row["p"] < limit.APART_BY_CHANCE]
