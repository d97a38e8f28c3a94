"""Which changes are tried: those that the model allows and that touch what is under suspicion, then settings of the sampler."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from faultline.core.sections.record import Record
from faultline.criteria.remedies import MOST_PARTS, VARIANT, Proposal, Remedy
from faultline.diagnosis import suspects
from faultline.diagnosis.groups import Groups
from faultline.diagnosis.suspects import Suspect
from faultline.engine.samplers.base import DENSE
from faultline.findings.geometry import NO_REASON
from faultline.findings.outcome import passed
from faultline.findings.parts import UNKNOWN

# Steps so small that trajectories get through most narrow places, at some ten times the work of the usual 0.8. What they do not cure, no
# setting does that a user would wait for.
SMALL_STEPS = 0.99

# A dense metric is estimated from the draws of one chain's tuning: it needs more of them than the model has values.
DENSE_MOST = 200


def proposal(records: Iterable[Mapping[str, Any] | Record], most: int) -> Proposal:
    """What may cure the model, by the judged records of its ladder; nothing where it passes or was not taken apart.

    Parameters
    ----------
    most
        Changes that are tried by themselves.
    """
    groups = Groups(Record.of(record) for record in records)
    apart = groups.apart
    if apart is None or passed(apart):
        return Proposal()
    allowed = [dict(row) for row in apart.apart.remedies]
    ranked = [suspect for suspect in suspects.rank(groups) if suspect.by != "remark"]
    rewrites = _relevant(allowed, [{*suspect.names, *suspect.variables} for suspect in ranked])
    steps = Remedy.of(sampler={"target_accept": SMALL_STEPS})
    settings = [steps]
    if any(map(is_ridge, ranked)) and _size(apart) <= DENSE_MOST:
        settings.insert(0, Remedy.of(sampler={"metric": DENSE}))
    first = [Remedy.of([step]) for step in rewrites]
    kept = first[: max(most - len(settings), 1)]
    kept += settings[: most - len(kept)]
    together = []
    if rewrites:
        whole, own = _together(rewrites), _together([step for step in allowed if step["kind"] == VARIANT])
        sets = [whole] if len(whole) > 1 else []
        if any(step not in whole for step in own):
            # What the author would choose cures if anything does, and what of it is not needed shows, if it is not too much.
            sets.insert(0 if len(own) <= MOST_PARTS else len(sets), own)
        together = [*map(Remedy.of, sets), Remedy.of(whole, {"target_accept": SMALL_STEPS})]
    left_out = [each for each in (*first, *settings) if each not in kept]
    return Proposal(tuple(kept), tuple(together), tuple(left_out))


def is_ridge(suspect: Suspect) -> bool:
    """Whether it is a ridge that is under suspicion, which a dense metric may straighten: that tells it from no other cause."""
    shown = (suspect.inside or suspect).evidence[0]
    return shown["check"] == "holding" and NO_REASON not in shown["note"]


def is_unexplained(suspect: Suspect) -> bool:
    """Whether it says no more than that the model fails, or that holding something helps."""
    return suspect.inside is None and (
        suspect.names == (UNKNOWN,) or NO_REASON in suspect.evidence[0]["note"]
    )


def _size(record: Record) -> int:
    """Values that the sampler moves."""
    return sum(row["size"] for row in record.model.free_rvs)


def _together(steps: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Those that go together: the case's own variants, one choice of each, and rewrites of what these leave alone."""
    own = list({step["variant"]: step for step in reversed(steps) if step["kind"] == VARIANT}.values())[::-1]
    taken = {name for step in own for name in step["names"]}
    return [
        step for step in steps if step in own or (step["kind"] != VARIANT and not taken & set(step["names"]))
    ]


def _relevant(allowed: list[dict[str, Any]], accused: list[set[str]]) -> list[dict[str, Any]]:
    """The changes that touch a suspect, those of the first one first; all of them where none does."""
    found: list[dict[str, Any]] = []
    for names in accused:
        found += [step for step in allowed if names & _touched(step) and step not in found]
    return found or allowed


def _touched(step: Mapping[str, Any]) -> set[str]:
    """The variables whose modes or scales a change is about: those with the labels or the signs of what it changes, too."""
    blocks = (name for block in step.get("blocks", ()) for name in block)
    angle = [step["angle"]] if "angle" in step else []
    return {*step["names"], *step.get("labels", ()), *blocks, *angle}
