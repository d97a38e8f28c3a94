"""The group that samples with the latent variables held."""

from __future__ import annotations

from collections.abc import Sequence

from faultline.core.check import Check
from faultline.core.sections.record import Record
from faultline.diagnosis.kinds.kind import Kind
from faultline.diagnosis.kinds.sampling import Sampling
from faultline.findings import frozen


class Frozen(Sampling):
    """A run of what is left where the latent variables stand still."""

    def subject(self, record: Record) -> str:
        return "sampling with the latent variables frozen"

    def place(self, record: Record) -> str:
        return frozen.said(record)

    def accused(self, record: Record, guilty: Sequence[Check]) -> str | None:
        return Kind.accused(self, record, guilty) or " + ".join(frozen.accused(record))

    def for_nuts(self, record: Record) -> str:
        """Nothing free is what freezing all of it leaves."""
        return super().for_nuts(record) if record.model.discrete else ""
