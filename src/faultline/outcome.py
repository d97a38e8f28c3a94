"""How a judged group ended, as every page and every rule reads it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

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
