"""Which changes are tried: those that the model allows and that touch what is under suspicion, then settings of the sampler."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from faultline.core.sections.record import Record
from faultline.criteria.remedies import Proposal, Remedy
from faultline.diagnosis import suspects
from faultline.diagnosis.groups import Groups
from faultline.findings.outcome import passed

# Steps so small that trajectories get through most narrow places, at some ten times the work of the usual 0.8. What they do not cure, no
# setting does that a user would wait for.
SMALL_STEPS = 0.99


def proposal(records: Iterable[Mapping[str, Any] | Record], most: int) -> Proposal:
    """What may cure the model, by the judged records of its ladder; nothing where it passes or was not taken apart.

    Parameters
    ----------
    most
        Changes that are tried by themselves.
    """
    groups = Groups(Record.of(record) for record in records)
    apart = groups.apart
    if apart is None or not groups.whole or passed(apart):
        return Proposal()
    allowed = [dict(row) for row in apart.apart.remedies]
    ranked = [suspect for suspect in suspects.rank(groups) if suspect.by != "remark"]
    rewrites = _relevant(allowed, [{*suspect.names, *suspect.variables} for suspect in ranked])
    steps = Remedy.of(sampler={"target_accept": SMALL_STEPS})
    single = [*(Remedy.of([step]) for step in rewrites), steps]
    together = []
    if rewrites:
        if len(rewrites) > 1:
            together.append(Remedy.of(rewrites))
        together.append(Remedy.of(rewrites, {"target_accept": SMALL_STEPS}))
    kept = single if len(single) <= most else [*single[: most - 1], steps] if most > 1 else single[:1]
    return Proposal(tuple(kept), tuple(together), tuple(each for each in single if each not in kept))


def _relevant(allowed: list[dict[str, Any]], accused: list[set[str]]) -> list[dict[str, Any]]:
    """The changes that touch a suspect, those of the first one first; all of them where none does."""
    found: list[dict[str, Any]] = []
    for names in accused:
        found += [step for step in allowed if names & set(step["names"]) and step not in found]
    return found or allowed
