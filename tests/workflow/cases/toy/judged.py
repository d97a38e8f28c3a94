"""How a pipeline is judged: every stage has to return a number."""

from __future__ import annotations

from collections.abc import Sequence

from faultline.core.check import Check, equals, finite
from faultline.core.sections.record import Record
from faultline.diagnosis.kinds.kind import Kind


class Toy(Kind):
    """The stages of a pipeline."""

    def checks(self, record: Record) -> list[Check]:
        rows = record.probes.others.get("stages", [])
        bad = tuple(row["name"] for row in rows if not finite(row["value"]) or abs(row["value"]) > 1e6)
        note = f"{len(rows)} stages ran; of no use is what comes out of {', '.join(bad) or 'none'}"
        return [equals("stages_finite", len(bad), 0, note=note, cause_class="c", names=bad)]

    def measured(self, record: Record) -> bool:
        return bool(record.probes.others)

    def subject(self, record: Record) -> str:
        return "the pipeline"

    def meaning(self, record: Record, guilty: Sequence[Check]) -> str:
        return "The first stage in the list is where it begins."

    def limits_of_a_pass(self, record: Record) -> str:
        return "It does not show that the figures are right."

    def mend(self, record: Record, checks: Sequence[Check], guilty: Sequence[Check]) -> list[str]:
        return [f"Look at stage {guilty[0].names[0]}."]
