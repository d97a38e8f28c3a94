"""The run that the user made, made again."""

from __future__ import annotations

from collections.abc import Sequence

from faultline.core.check import Check
from faultline.core.sections.record import Record
from faultline.diagnosis.kinds.kind import said
from faultline.diagnosis.kinds.sampling import Sampling
from faultline.findings import own_run, sampling
from faultline.findings.advice import mend


class AsYours(Sampling):
    """A run with the arguments that the user gave to pm.sample."""

    gradient = ""

    def checks(self, record: Record) -> list[Check]:
        return own_run.checks(record, sampling.checks(record))

    def measured(self, record: Record) -> bool:
        return bool(record.as_yours)

    def accused(self, record: Record, guilty: Sequence[Check]) -> str | None:
        of_data = [name for check in guilty if check.name == "data_all_read" for name in check.names]
        return " + ".join(record.as_yours.cure or of_data) or None

    def subject(self, record: Record) -> str:
        return f"sampling as you did, with {own_run.call(record.as_yours.arguments or record.asked.as_yours or {})}"

    def place(self, record: Record) -> str:
        if record.as_yours.cure:
            return "The model is the same in both runs, so the arguments are at fault."
        found = next(check for check in self.checks(record) if check.name == "arguments_sound")
        return f"{found.note[:1].upper()}{found.note[1:]}."

    def mend(self, record: Record, checks: Sequence[Check], guilty: Sequence[Check]) -> list[str]:
        if cured := [check for check in guilty if check.name == "arguments_sound"]:
            return mend(cured, record)
        return super().mend(record, checks, guilty)

    def decide(self, record: Record, checks: Sequence[Check]) -> str:
        if cured := [check for check in checks if check.name == "arguments_sound" and check.names]:
            return " ".join(mend(cured, record))
        unknown = [check for check in checks if check.passed is None and check.name != "arguments_sound"]
        if unknown:
            return f"Find out why this is not known, which a pass needs: {said(unknown)}."
        return "Make more draws with pm.sample."
