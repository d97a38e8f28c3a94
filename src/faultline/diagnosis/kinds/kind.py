"""How a kind of group is judged and spoken of: what every kind has, with what most of them do."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence

from faultline.core.check import Check
from faultline.core.sections.record import Record
from faultline.findings.advice import mend
from faultline.findings.words import quoted


class Kind(ABC):
    """What the checks of a group of one kind are and mean. All of it reads the record of that group alone.

    Attributes
    ----------
    is_a_run
        Whether what is judged is a run of the sampler with the settings that were asked for.
    tells_why
        Whether what failed is a sign of a kind of cause.
    names_limits
        Whether a check that failed is told with the limit that it breaks.
    """

    is_a_run = False
    tells_why = True
    names_limits = True

    @abstractmethod
    def checks(self, record: Record) -> list[Check]:
        """What was measured, held against the limits."""

    @abstractmethod
    def measured(self, record: Record) -> bool:
        """Whether the group came as far as measuring anything that it is about."""

    @abstractmethod
    def subject(self, record: Record) -> str:
        """What passes or fails, after "This group passes:"."""

    @abstractmethod
    def meaning(self, record: Record, guilty: Sequence[Check]) -> str:
        """What it means that these checks failed."""

    @abstractmethod
    def limits_of_a_pass(self, record: Record) -> str:
        """What a pass does not show."""

    def accused(self, record: Record, guilty: Sequence[Check]) -> str | None:
        """The part that this record alone can blame: for one component among others it takes the other groups."""
        return " + ".join(dict.fromkeys(name for check in guilty for name in check.names)) or None

    def mend(self, record: Record, checks: Sequence[Check], guilty: Sequence[Check]) -> list[str]:
        """What to do about the checks that failed."""
        return mend(guilty, record)

    def decide(self, record: Record, checks: Sequence[Check]) -> str:
        """What to do where nothing is decided."""
        if record.model.n_values == 0 and (advice := self.for_nuts(record)):
            return advice
        unknown = [check for check in checks if check.role != "remark" and check.passed is None]
        if not unknown:
            return "Run this group again: it measured too little to decide."
        return f"Find out why this was not measured: {said(unknown)}."

    def begin(self, record: Record) -> str:
        """What to do where nothing was measured."""
        if advice := self.for_nuts(record):
            return advice
        if record.model.n_values == 0:
            return "Freeze fewer variables: with nothing free there is nothing to sample."
        if reasons := left_out(record):
            return (
                f"This group cannot do anything here, and running it again will not change that. {reasons[0]}"
            )
        return "Run this group."

    def for_nuts(self, record: Record) -> str:
        """What to do about a model that NUTS cannot sample, or not all of it; empty for any other."""
        if names := record.model.discrete:
            return (
                f"NUTS moves continuous variables only: sum {quoted(names)} out of the likelihood (marginalize, for instance with "
                "pm.Mixture), and run again."
            )
        if record.model.n_free_rvs == 0:
            return (
                "The model has no free variable, so there is nothing to infer: remove observed= from what you want to infer, and "
                "run again."
            )
        return ""


def said(checks: Sequence[Check]) -> str:
    """Checks in words, each by what it found: what a check is called is for tables."""
    return "; ".join(check.note or check.name.replace("_", " ") for check in checks)


def left_out(record: Record) -> list[str]:
    """What a group that takes a model apart had no way to do."""
    return [f"It left out {row['what']}: {row['reason']}." for row in record.apart.skipped]
