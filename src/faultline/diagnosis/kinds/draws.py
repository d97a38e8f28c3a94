"""Draws that were given without their model."""

from __future__ import annotations

from collections.abc import Sequence

from faultline.core.check import Check
from faultline.core.sections.record import Record
from faultline.diagnosis.kinds.sampling import Sampling
from faultline.findings import arviz, sampling

WITH_THE_MODEL = (
    "With the model as well, Faultline checks the data, the priors, the log-probability and its gradient, samples it anew, and finds "
    "the part at fault by holding variables fixed and leaving terms out."
)


def alone(record: Record) -> bool:
    """Whether there is no model beside the draws: else they come after its groups."""
    return record.number == 1


class Draws(Sampling):
    """A run of somebody else's."""

    def checks(self, record: Record) -> list[Check]:
        found = sampling.checks(record)
        return [*found, *arviz.checks(record, found)]

    tells_why = False
    gradient = ""

    def accused(self, record: Record, guilty: Sequence[Check]) -> str | None:
        return None

    def subject(self, record: Record) -> str:
        return "the draws as given"

    def place(self, record: Record) -> str:
        if not alone(record):
            return "The groups that sample the model show whether it fails by itself."
        return "Draws alone do not tell which part of the model makes them fail."

    def limits_of_a_pass(self, record: Record) -> str:
        return "That shows that these chains agree and have moved well; it does not show that the model is right."

    def mend(self, record: Record, checks: Sequence[Check], guilty: Sequence[Check]) -> list[str]:
        steps = super().mend(record, checks, guilty)
        return [*steps, f"Give the model as well. {WITH_THE_MODEL}"] if alone(record) else steps

    def decide(self, record: Record, checks: Sequence[Check]) -> str:
        lacks = {check.name: check.passed for check in checks if check.role != "remark" and not check.passed}
        steps = []
        if lacks.get("chains") is False:
            steps.append("Run at least two chains.")
        if lacks.get("nonfinite_draws") is False:
            steps.append("Find out why draws are not finite.")
        if None in lacks.values():
            steps.append(
                "Keep what the sampler says of itself (sample_stats: diverging, energy, tree_depth)."
            )
        steps = steps or ["Draw more."]
        return " ".join([*steps, f"Or give the model as well. {WITH_THE_MODEL}"] if alone(record) else steps)
