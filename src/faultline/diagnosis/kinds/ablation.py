"""The group that takes the model apart."""

from __future__ import annotations

from collections.abc import Sequence

from faultline.core.check import Check
from faultline.core.sections.record import Record
from faultline.diagnosis.kinds.kind import Kind
from faultline.findings import ablation
from faultline.findings.advice import mend
from faultline.findings.finding import SCORE_UNDECIDED


class Ablation(Kind):
    """The model taken apart: its findings have their figures in words."""

    names_limits = False

    def checks(self, record: Record) -> list[Check]:
        return ablation.checks(record)

    def measured(self, record: Record) -> bool:
        return bool(record.apart.base or record.apart.whole)

    def subject(self, record: Record) -> str:
        return "the model, tested part by part"

    def meaning(self, record: Record, guilty: Sequence[Check]) -> str:
        return ""

    def limits_of_a_pass(self, record: Record) -> str:
        return "Because the model samples well, it was not searched further. Sampling well does not show that the model is right."

    def accused(self, record: Record, guilty: Sequence[Check]) -> str | None:
        return " + ".join(guilty[0].names) or None

    def mend(self, record: Record, checks: Sequence[Check], guilty: Sequence[Check]) -> list[str]:
        return mend(_confirmed(guilty, record), record)

    def decide(self, record: Record, checks: Sequence[Check]) -> str:
        """A model taken apart is undecided where its own run is: it neither passes nor fails beyond doubt, or made no draws."""
        if checks:
            return (
                "More draws are needed: in this group the model neither passes nor fails beyond doubt. Give the sampling group more draws "
                "(sampler.extended.draws and tune), and this group more time (limits.apart)."
            )
        reasons = [row["reason"] for row in record.apart.skipped if row.get("reason")]
        because = f" ({reasons[0]})" if reasons else ""
        return f"Run this group again with more time (limits.apart): it has no draws to judge{because}."


def _confirmed(guilty: Sequence[Check], record: Record) -> Sequence[Check]:
    """The checks that call for a remedy: of what only the curvature of a model taken apart shows, the first, for the others are less likely still."""
    found = ablation.findings(record.apart)
    unsure = {(f.check, f.names) for f in found if f.score <= SCORE_UNDECIDED}
    sure = [check for check in guilty if (check.name, check.names) not in unsure]
    return sure or guilty[:1]
