"""The group that looks at the gradient."""

from __future__ import annotations

from collections.abc import Sequence

from faultline.core.check import Check
from faultline.core.sections.record import Record
from faultline.diagnosis.kinds.kind import Kind
from faultline.findings import gradient


class Gradient(Kind):
    """The gradient at the initial point and close by."""

    def checks(self, record: Record) -> list[Check]:
        return gradient.checks(record)

    def measured(self, record: Record) -> bool:
        return bool(record.gradient)

    def subject(self, record: Record) -> str:
        return "the gradient at the initial point"

    def meaning(self, record: Record, guilty: Sequence[Check]) -> str:
        return (
            "NUTS follows this gradient, so no sampling result of a model with these terms can be trusted: an "
            "implementation or domain problem."
        )

    def limits_of_a_pass(self, record: Record) -> str:
        return "That holds at the points tried; it does not show that the geometry is easy to sample."
