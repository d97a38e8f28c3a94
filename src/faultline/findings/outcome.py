"""How a judged group ended and where its divergences lie, as every page, picture and rule reads it."""

from __future__ import annotations

from faultline.core.sections.record import Record
from faultline.core.sections.run import Run
from faultline.core.sections.section import Row
from faultline.criteria import thresholds as limit

# Probability of the largest distance over all values, from which on it is chance that divergences lie where other draws do
# not. A ladder asks several groups, and "begin with" sends someone to work: one false lead in a hundred groups.
APART_BY_CHANCE = 0.01

OWN_DOING = ("CRASH", "RECURSION")  # statuses of an error that is the model's own


def failed(record: Record | None) -> bool:
    """Whether the model is known to fail here: a failed group, or an error that is the model's own doing."""
    if record is None:
        return False
    outcome, own_doing = record.verdict.outcome, record.verdict.status in OWN_DOING
    return outcome == "fail" or (outcome == "error" and own_doing)


def passed(record: Record | None) -> bool:
    return record is not None and record.verdict.outcome == "pass"


def set_apart(sampling: Run) -> list[Row]:
    """The variables in which a run's divergences lie elsewhere than other draws, by more than chance; the first most."""
    positions = sampling.divergence_positions
    if positions.n < limit.DIVERGENCES_MIN:
        return []
    return [
        row for row in positions.variables if isinstance(row.get("p"), float) and row["p"] < APART_BY_CHANCE
    ]
