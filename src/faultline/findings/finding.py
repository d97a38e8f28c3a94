"""A suspect of a model taken apart, as the check that speaks against it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from faultline.core.check import Check

# --- Ranking of suspects: an order, not probabilities ------------------------------------------------------------

# A fault measured directly in a term that stands in the smallest model that fails to sample.
SCORE_EXPLAINS = 0.95

# The part that the ladder isolates: the smallest set of components whose model fails.
SCORE_LADDER = 0.9

# A fault measured directly that cannot be what makes the smallest model fail.
SCORE_FOUND = 0.8

# A part that may be at fault, where the group that would decide is missing, unfinished or inconclusive.
SCORE_UNDECIDED = 0.4

# A remark: worth knowing, no failure by itself.
SCORE_WARNING = 0.2


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
        role = "remark" if self.score <= SCORE_WARNING else "fault" if self.names else "standard"
        comparison = ">=" if self.check in ("prior_expects", "posterior_integrates") else "<="
        about: dict[str, Any] = {
            "note": self.note,
            "role": role,
            "cause_class": self.cause_class,
            "names": self.names,
        }
        return Check(self.check, self.value, self.threshold, comparison, False, **about)
