"""The verdict on one group: what its checks mean."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from faultline.core.check import Check, finite
from faultline.core.record import judged_run
from faultline.diagnosis import actions, interpretation
from faultline.findings import ablation, build, frozen, gradient, sampling
from faultline.findings import thresholds as limit
from faultline.findings.parts import components_on, core

SAMPLED = ("sampling", "frozen")
_FAMILIES = {
    "build": build,
    "gradient": gradient,
    "sampling": sampling,
    "frozen": sampling,
    "apart": ablation,
}
"""Kind of experiment -> the findings that are about it."""
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


def judge(measured: Mapping[str, Any], earlier: Sequence[Mapping[str, Any]] = ()) -> dict[str, Any]:
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
    checks = _checks(measured)
    outcome, state = _outcome(measured, checks), status(measured)
    guilty = [check for check in checks if check.role == "fault" and check.passed is False]
    verdict = {
        "outcome": outcome,
        "status": state,
        "component": _component(measured, guilty) if guilty else None,
        "cause_class": _cause(guilty),
        "interpretation": interpretation.interpretation(measured, checks, outcome, state),
        "next_action": actions.next_action(measured, checks, outcome, state),
    }
    return {"checks": [check.as_dict() for check in checks], "verdict": verdict}


def status(record: Mapping[str, Any]) -> str:
    """How the group ended: OK, SLOW_COMPILE, TIMEOUT, OUT_OF_MEMORY, KILLED, INTERRUPTED, RECURSION or CRASH.

    Only CRASH and RECURSION are the model's doing; a slow compile, a limit or a signal from outside is no crash.
    """
    error = record.get("error")
    if error:
        if error.get("signal"):
            return _STATUS_OF_SIGNAL.get(error["signal"], "CRASH")
        return _STATUS_OF_TYPE.get(error.get("type"), "CRASH")
    return "SLOW_COMPILE" if compile_seconds(record) > limit.SLOW_COMPILE_SECONDS else "OK"


def compile_seconds(record: Mapping[str, Any]) -> float:
    """Seconds from asking for compiled functions to their first values: some backends compile in the first call."""
    timings = record.get("timings") or {}
    return sum(timings[key] for key in ("compile", "first", "compile_sampler") if finite(timings.get(key)))


def _checks(record: Mapping[str, Any]) -> list[Check]:
    if found := build.undefined(record):
        return found
    return _FAMILIES[record["kind"]].checks(record)


def _measured(record: Mapping[str, Any]) -> bool:
    if record.get("kind") == "apart":
        return bool({"base", "whole"} & set(record.get("apart") or {}))
    sections = {"build": ("logp", "model"), "gradient": ("gradient",)}.get(record.get("kind"), ("sampling",))
    return any(record.get(section) for section in sections)


def _outcome(record: Mapping[str, Any], checks: Sequence[Check]) -> str:
    """A fault that was measured stands, whatever happened afterwards; an end from outside proves nothing."""
    if any(check.role == "fault" and check.passed is False for check in checks):
        return "fail"
    error = record.get("error")
    if error:
        cut_short = status(record) in STOPPED and bool(judged_run(record).get("n_draws"))
        return "inconclusive" if cut_short else "error"
    if not _measured(record):
        return "not_run"
    deciding = [check for check in checks if check.role != "remark"]
    return "pass" if deciding and all(check.passed is True for check in deciding) else "inconclusive"


def _cause(guilty: Sequence[Check]) -> str | None:
    """A wrong density or gradient explains bad geometry, and bad data too; never the other way round: c, b, a. Cost explains none."""
    causes = {check.cause_class for check in guilty}
    return next((cause for cause in "cbad" if cause in causes), None)


def _component(record: Mapping[str, Any], guilty: Sequence[Check]) -> str | None:
    """The part that this record alone can blame: for one component among others it takes the other groups."""
    if record.get("kind") == "apart":
        return " + ".join(guilty[0].names) or None
    names = list(dict.fromkeys(name for check in guilty for name in check.names))
    if names or record.get("kind") not in SAMPLED:
        return " + ".join(names) or None
    if record.get("kind") == "frozen":
        return " + ".join(frozen.accused(record))
    on = components_on(record)
    if not on:
        return core(record)
    by_probe = any(check.name in sampling.PROBES for check in guilty)
    return next(iter(on)) if len(on) == 1 and by_probe else None
