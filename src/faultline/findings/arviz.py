"""Where draws are judged otherwise than by ``arviz.diagnose``, and why."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from faultline.core.check import Check, equals
from faultline.core.sections.record import Record
from faultline.core.sections.section import Row
from faultline.criteria import thresholds as limit

_MOST_NAMES = 3


def checks(record: Record, others: Sequence[Check]) -> list[Check]:
    """One remark, given the other checks of the record; none where ArviZ could not say anything."""
    found = record.probes.others.get("arviz")
    if not found:
        return []
    flagged = list(_flagged(found))
    open_ = [check for check in others if check.role != "remark" and not check.passed]
    note = f"arviz.diagnose flags {', '.join(flagged) or 'nothing'}"
    if flagged and not open_:
        note += "; the draws pass here all the same"
        note += "".join(f"{': ' if i == 0 else '; '}{why}" for i, why in enumerate(_why_pass(found)))
    elif open_ and not flagged:
        failed = dict.fromkeys(check.note for check in open_ if check.passed is False)
        unknown = dict.fromkeys(check.note for check in open_ if check.passed is None)
        if failed:
            note += f"; the draws do not pass here: {'; '.join(failed)}"
        if unknown:
            note += f"; not known here, and a pass needs it: {'; '.join(unknown)}"
    return [equals("agrees_with_arviz", bool(flagged) == bool(open_), True, note=note, role="remark")]


def _flagged(found: Row) -> Iterator[str]:
    counted = {
        "divergent": "{} divergent draws",
        "saturated": "{} draws at the maximum tree depth",
        "low_bfmi": "a low E-BFMI ({} chains)",
    }
    yield from (text.format(found[key]) for key, text in counted.items() if found[key])
    for key, what in (("low_ess", "the ESS"), ("high_rhat", "the R-hat")):
        if names := found[key]:
            more = f" and {len(names) - _MOST_NAMES} more" if len(names) > _MOST_NAMES else ""
            yield f"{what} of {', '.join(names[:_MOST_NAMES])}{more}"


def _why_pass(found: Row) -> Iterator[str]:
    if found["divergent"]:
        yield (f"it flags any divergent draw, and sound models show up to {limit.BENIGN_DIVERGENT_SHARE:.1%}")
    if found["saturated"]:
        yield (
            "it flags any draw at the maximum tree depth, and those cost time without biasing the others "
            f"(the limit here is {limit.MAX_TREEDEPTH_SHARE:.0%} of the draws)"
        )
    if found["low_ess"]:
        yield f"it asks for 100 effective draws in each chain, and here {limit.ESS_MIN} in all are enough"
