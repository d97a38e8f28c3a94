"""What to do after a group, in one paragraph as specific as its figures allow."""

from __future__ import annotations

from collections.abc import Sequence

from faultline.core.check import Check
from faultline.core.sections.record import Record
from faultline.core.size import smaller
from faultline.criteria import run_statistics
from faultline.diagnosis.kinds import of
from faultline.findings.advice import mend

_AFTER_END = {
    "TIMEOUT": "Raise the limit that was hit (limits.total or limits.compile), or {smaller}{again}",
    "OUT_OF_MEMORY": "Raise limits.memory_mb if the machine has more, or {smaller}{again}",
    "KILLED": "Run this group again; if it is killed again, give it more memory or {smaller}.",
    "INTERRUPTED": "Run this group again and let it finish.",
    "RECURSION": "Write the loop as one vectorized operation or as a scan{again}",
    "CRASH": "Read the traceback in this record's error, fix what it names{again}",
}
_WORTH_A_LOOK = ("indices_from_start",)
"""Remarks that call for a look, though no group fails by them."""

AGAIN = "Then run this group again."
AND_AGAIN = ", and run this group again."
"""How what to do about a group ends: after a sentence of its own, and within one."""


def remarked(records: Sequence[Record]) -> str:
    """What to look at though no group fails by it; ends with a space where there is anything."""
    found = set()
    for record in records:
        checks = [Check(**row) for row in record.checks if row["name"] in _WORTH_A_LOOK]
        found.update(mend([check for check in checks if check.passed is False], record))
    return "".join(f"{step} " for step in sorted(found))


def next_action(record: Record, checks: Sequence[Check], outcome: str, status: str) -> str:
    """One paragraph: the next step for a modeller who has read the interpretation."""
    kind = of(record)
    if outcome == "fail":
        guilty = [check for check in checks if check.role == "fault" and check.passed is False]
        steps = [
            *kind.mend(record, checks, guilty),
            AGAIN,
        ]
    elif outcome == "pass":
        steps = [
            "Nothing to fix here: read the next group, or the summary after the last one.",
            _tune(record),
        ]
    elif record.error:
        steps = [_after_end(record, status)]
    elif outcome == "not_run":
        steps = [kind.begin(record)]
    else:
        steps = [kind.decide(record, checks)]
    if status == "SLOW_COMPILE" and not kind.is_a_run:
        steps.append("The compilation is slow but otherwise fine: be patient, and try the sampler next.")
    return " ".join(" ".join(steps).split())


def _after_end(record: Record, status: str) -> str:
    """What to do about an end that proves nothing against the model."""
    asked, error = record.asked, record.error
    if error.accident is not None:
        if error.stands:
            return f"Look for what ends it ({error.accident}, twice), then ask for this group again: --config again=true, or by hand --again."
        return f"Give the same command again, which tries once more ({error.accident})."
    where = error.where if status == "CRASH" else None
    if where:
        return f"Fix {where}{AND_AGAIN}"
    return _AFTER_END[status].format(smaller=smaller(asked.max_T, asked.max_K), again=AND_AGAIN)


def _tune(record: Record) -> str:
    """What to remember of a model that failed before it was tuned for longer; empty for any other."""
    asked, judged = record.sampling, record.judged_run
    if judged is asked or all(
        check.passed is not False for check in run_statistics.faults(run_statistics.read(asked))
    ):
        return ""
    return f"Tune it for at least {judged.tune} steps: after {asked.tune} its chains still fail."
