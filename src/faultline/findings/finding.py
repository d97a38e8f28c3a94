"""A suspect of a model taken apart, as the check that speaks against it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from faultline.core.check import Check
from faultline.findings import thresholds as limit


@dataclass(frozen=True)
class Finding:
    """One suspect of the model taken apart: a check that failed, in words, with how much it weighs."""

    check: str
    names: tuple[str, ...]
    cause_class: str | None
    score: float
    value: float | None
    threshold: float | None
    note: str

    def as_check(self) -> Check:
        role = "remark" if self.score <= limit.SCORE_WARNING else "fault" if self.names else "standard"
        comparison = ">=" if self.check in ("prior_expects", "posterior_integrates") else "<="
        about: dict[str, Any] = {
            "note": self.note,
            "role": role,
            "cause_class": self.cause_class,
            "names": self.names,
        }
        return Check(self.check, self.value, self.threshold, comparison, False, **about)
