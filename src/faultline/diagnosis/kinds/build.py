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


def of_the_start(guilty: Sequence[Check]) -> str:
    """What a broken start means; empty where no check is about the start."""
    sentences = []
    for check in guilty:
        if check.name == "finite_terms" and check.cause_class == "b":
            sentences.append(
                "A domain problem: a start or a datum outside the support of a distribution (b)."
            )
        elif check.name == "finite_terms":
            sentences.append(
                "A bug or a domain problem: the arithmetic of the term itself (c), unless its data are not finite (b)."
            )
        elif check.name == "indices_in_bounds":
            sentences.append(
                "NumPy raises for such an index, and a sampler inside XLA takes another element without a word: the group stopped here (b)."
            )
        elif check.name == "logp_deterministic":
            sentences.append(
                "NUTS needs the same log-probability wherever it comes back to the same point: the group stopped here (c)."
            )
        elif check.name == "start_in_domain":
            sentences.append("No chain can begin there: jitter leaves what is infinite as it is (b).")
        elif check.name == "positive_definite":
            sentences.append(
                "Its smallest eigenvalue is lost in the rounding of the largest, as with a smooth kernel on close or equal inputs (c)."
            )
        elif check.name == "terms_counted_once":
            sentences.append(
                "The same evidence enters the joint log-probability twice, which makes the posterior too narrow (c); no "
                "sampling check can see that."
            )
    return " ".join(sentences)
