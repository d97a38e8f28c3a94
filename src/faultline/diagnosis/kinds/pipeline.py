"""A configuration of a pipeline."""

from __future__ import annotations

from collections.abc import Sequence

from faultline.core.check import Check
from faultline.core.sections.record import Record
from faultline.diagnosis.kinds.kind import Kind
from faultline.findings import pipeline


class Pipeline(Kind):
    """Every stage with each of a few seeds."""

    names_limits = False

    def checks(self, record: Record) -> list[Check]:
        return pipeline.checks(record)

    def measured(self, record: Record) -> bool:
        return any(run.stages for run in record.pipeline.runs)

    def subject(self, record: Record) -> str:
        return "the pipeline"

    def accused(self, record: Record, guilty: Sequence[Check]) -> str | None:
        """The first stage at which something that should hold does not: what comes after it may only pass it on."""
        order = [row["name"] for row in record.pipeline.stages]
        names = {name for check in guilty for name in check.names}
        return next((name for name in order if name in names), None)

    def meaning(self, record: Record, guilty: Sequence[Check]) -> str:
        first = self.accused(record, guilty)
        is_last = [row["name"] for row in record.pipeline.stages][-1:] == [first]
        after = "" if is_last else "; what comes after it may only pass the fault on"
        return f"The first stage at which something that should hold does not is {first}{after}."

    def decide(self, record: Record, checks: Sequence[Check]) -> str:
        """What to do where nothing is decided: of a criterion that holds with some seeds only, that is what there is to know."""
        held = [
            name for name in record.pipeline.criteria if len(set(record.pipeline.passes(name)) - {None}) > 1
        ]
        if not held:
            return super().decide(record, checks)
        names = " and ".join(f"`{name}`" for name in held)
        verb, limit = ("holds", "its limit") if len(held) == 1 else ("hold", "their limits")
        return (
            f"{names} {verb} with some seeds only: raise {limit}, or reduce what the random numbers do to it."
        )

    def limits_of_a_pass(self, record: Record) -> str:
        return "That shows that the criteria of the case hold, and nothing that they do not ask for."
