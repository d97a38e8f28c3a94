"""The group that only builds the model."""

from __future__ import annotations

from collections.abc import Sequence

from faultline.core.check import Check
from faultline.core.sections.record import Record
from faultline.diagnosis.kinds.kind import Kind
from faultline.findings import build


class Build(Kind):
    """The model at its initial point."""

    def checks(self, record: Record) -> list[Check]:
        return build.checks(record)

    def measured(self, record: Record) -> bool:
        return bool(record.logp or record.model)

    def subject(self, record: Record) -> str:
        return "the model at its initial point"

    def meaning(self, record: Record, guilty: Sequence[Check]) -> str:
        return of_the_start(guilty)

    def limits_of_a_pass(self, record: Record) -> str:
        return "That shows a sound start, not a sound geometry."


_MEANS = {
    "indices_in_bounds": "NumPy raises an error for such an index, but a sampler inside XLA silently reads another element, so the group stopped here.",
    "logp_deterministic": "NUTS needs the same log-probability whenever it returns to the same point, so the group stopped here.",
    "data_all_read": "NUTS needs the same log-probability whenever it returns to the same point. The model is for variational inference (pm.fit).",
    "start_in_domain": "No chain can start there: jitter does not change an infinite value.",
    "positive_definite": "Rounding of the largest eigenvalue swamps the smallest, as with a smooth kernel on close or equal inputs.",
    "terms_counted_once": "The same evidence enters the joint log-probability twice, which makes the posterior too narrow. No sampling check can detect that.",
}
_OUTSIDE = "A domain problem: a start or a datum outside the support of a distribution."
_BUG = "A bug or a domain problem: the arithmetic of the term itself, unless its data are not finite."


def of_the_start(guilty: Sequence[Check]) -> str:
    """What a broken start means; empty where no check is about the start."""
    return " ".join(sentence for check in guilty if (sentence := _means(check)))


def _means(check: Check) -> str | None:
    if check.name == "finite_terms":
        return _OUTSIDE if check.cause_class == "b" else _BUG
    return _MEANS.get(check.name)
