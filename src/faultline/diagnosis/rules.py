"""The verdict on one group: what its checks mean."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from faultline.core.check import Check, finite
from faultline.core.record import in_order, validate
from faultline.core.sections.record import Record
from faultline.diagnosis import actions, interpretation
from faultline.diagnosis.kinds import of
from faultline.findings import evaluation

# Seconds from asking for a compiled function to its first value above which the status says SLOW_COMPILE. Without a sign
# of life people wait about 10 s before they suspect a hang; a published run took 44.73 s for a crash.
SLOW_COMPILE_SECONDS = 20.0

# Statuses that say how the group ended and nothing against the model.
STOPPED = ("TIMEOUT", "OUT_OF_MEMORY", "KILLED", "INTERRUPTED")
_STATUS_OF_TYPE = {
    "TimeLimit": "TIMEOUT",
    "MemoryLimit": "OUT_OF_MEMORY",
    "MemoryError": "OUT_OF_MEMORY",
    "Interrupted": "INTERRUPTED",
    "KeyboardInterrupt": "INTERRUPTED",
    "RecursionError": "RECURSION",
}
_STATUS_OF_SIGNAL = {
    "SIGKILL": "KILLED",
    "SIGINT": "INTERRUPTED",
    "SIGTERM": "INTERRUPTED",
    "SIGHUP": "INTERRUPTED",
}


def judge(measured: Mapping[str, Any] | Record, earlier: Sequence[Mapping[str, Any]] = ()) -> dict[str, Any]:
    """Hold one group's record against the decision rules.

    Parameters
    ----------
    measured
        The record as measured. A group is judged by its own record alone: what it means beside the others is
        ``summarise``'s matter, so ``earlier`` changes nothing.

    Returns
    -------
    ``{"checks": [...], "verdict": {outcome, status, component, cause_class, interpretation, next_action}}``
    """
    record = Record.of(measured)
    kind = of(record)
    checks = evaluation.undefined(record) or kind.checks(record)
    outcome, state = _outcome(record, checks), status(record)
    guilty = [check for check in checks if check.role == "fault" and check.passed is False]
    verdict = {
        "outcome": outcome,
        "status": state,
        "component": kind.accused(record, guilty) if guilty else None,
        "cause_class": _cause(guilty) if kind.tells_why else None,
        "interpretation": interpretation.interpretation(record, checks, outcome, state),
        "next_action": actions.next_action(record, checks, outcome, state),
    }
    return {"checks": [check.as_dict() for check in checks], "verdict": verdict}


def judged(measured: Mapping[str, Any]) -> dict[str, Any]:
    """A measured record with its checks and its verdict, as it is written.

    Raises
    ------
    ValueError
        If it does not fit the schema: Faultline is at fault then.
    """
    record = in_order({**measured, **judge(measured)})
    if problems := validate(record):
        raise ValueError(
            f"the judged record of {record['group']} does not fit the schema: {'; '.join(problems)}"
        )
    return record


def status(record: Record) -> str:
    """How the group ended: OK, SLOW_COMPILE, TIMEOUT, OUT_OF_MEMORY, KILLED, INTERRUPTED, RECURSION or CRASH.

    Only CRASH and RECURSION are the model's doing; a slow compile, a limit or a signal from outside is no crash.
    """
    error = record.error
    if error:
        if error.signal:
            return _STATUS_OF_SIGNAL.get(error.signal, "CRASH")
        return _STATUS_OF_TYPE.get(error.type, "CRASH")
    return "SLOW_COMPILE" if compile_seconds(record) > SLOW_COMPILE_SECONDS else "OK"


def compile_seconds(record: Record) -> float:
    """Seconds from asking for compiled functions to their first values: some backends compile in the first call."""
    timings = record.timings
    return sum(timings[key] for key in ("compile", "first", "compile_sampler") if finite(timings.get(key)))


def _outcome(record: Record, checks: Sequence[Check]) -> str:
    """A fault that was measured stands, whatever happened afterwards; an end from outside proves nothing."""
    if any(check.role == "fault" and check.passed is False for check in checks):
        return "fail"
    if record.error:
        cut_short = status(record) in STOPPED and bool(record.judged_run.n_draws)
        return "inconclusive" if cut_short else "error"
    if not of(record).measured(record):
        return "not_run"
    deciding = [check for check in checks if check.role != "remark"]
    return "pass" if deciding and all(check.passed is True for check in deciding) else "inconclusive"


def _cause(guilty: Sequence[Check]) -> str | None:
    """A wrong density or gradient explains bad geometry, and bad data too; never the other way round: c, b, a.

    Arguments that were seen to make a run fail explain what it looks like; cost explains nothing.
    """
    causes = {check.cause_class for check in guilty}
    return next((cause for cause in "cbsad" if cause in causes), None)
