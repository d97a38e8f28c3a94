"""The run that the user made, made again."""

from __future__ import annotations

from collections.abc import Sequence

from faultline.core.check import Check
from faultline.core.sections.record import Record
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
        return " + ".join(record.as_yours.cure or ()) or None

    def subject(self, record: Record) -> str:
        return f"sampling as you did, with {own_run.call(record.as_yours.arguments)}"

    def place(self, record: Record) -> str:
        run = record.as_yours
        if run.cure:
            return "Nothing else was changed, so the arguments are at fault."
        if run.stopped:
            return "No time was left to find out whether other arguments cure it."
        if run.tried:
            return f"It does not pass with {own_run.instead(run.arguments, run.tried[0]['change'])} either, so the arguments are not why."
        return "No argument asks for less than PyMC does by itself, so the arguments are not why."

    def mend(self, record: Record, checks: Sequence[Check], guilty: Sequence[Check]) -> list[str]:
        if record.as_yours.cure:
            return mend([check for check in guilty if check.name == "arguments_sound"], record)
        return super().mend(record, checks, guilty)

    def decide(self, record: Record, checks: Sequence[Check]) -> str:
        return "Make more draws with pm.sample, and see in the other groups what slows the sampler down."
