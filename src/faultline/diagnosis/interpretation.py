"""What a group found, in one paragraph made from its checks."""

from __future__ import annotations

import re
from collections.abc import Sequence

from faultline.core.check import Check, finite
from faultline.core.sections.record import Error, Record
from faultline.core.sections.section import Row
from faultline.diagnosis.kinds import of
from faultline.diagnosis.kinds.kind import left_out

_LEAD = {
    "pass": "This group passes",
    "fail": "This group fails",
    "inconclusive": "This group is inconclusive",
    "error": "This group did not finish",
    "not_run": "This group measured nothing",
}
_ENDED = {
    "TIMEOUT": "It reached its time limit in stage {stage}. That is slowness, not a crash, and says nothing against the model yet.",
    "OUT_OF_MEMORY": "It ran out of memory in stage {stage}. That is a question of size, not yet a fault of the model.",
    "KILLED": "Its process was killed from outside in stage {stage}, possibly for lack of memory; that says nothing against the model.",
    "INTERRUPTED": "It was interrupted in stage {stage}; that says nothing against the model.",
    "RECURSION": "It exceeded Python's recursion limit in stage {stage}: a graph nested too deeply, such as a loop unrolled over time.",
    "CRASH": "It ended with {type} in stage {stage}{where}: {message}.",
}
_COSTS = (
    ("compile", "compile"),
    ("first", "evaluate for the first time"),
    ("compile_sampler", "compile for the sampler"),
)
_FORMALITIES = ("chains", "run_complete", "nonfinite_draws")

# Characters of an error's message that a paragraph bears; the record has it whole.
LONGEST_MESSAGE = 300


def interpretation(record: Record, checks: Sequence[Check], outcome: str, status: str) -> str:
    """One paragraph: what the group found, with the figures, and what that does not show."""
    guilty = [check for check in checks if check.role == "fault" and check.passed is False]
    short = [
        check
        for check in checks
        if check.role != "remark" and check.passed is not True and check not in guilty
    ]
    kind = of(record)
    sentences = [f"{_LEAD[outcome]}: {kind.subject(record)}."]
    if outcome == "fail":
        for check in guilty:
            told = against_limit(check.as_dict()) if kind.names_limits else check.note
            sentences.append(_sentence(told, check.names))
        said = {check.note for check in guilty}
        sentences.append(
            _list(
                "also not good enough for a pass",
                [c.note for c in short if c.passed is False and c.note not in said],
            )
        )
        sentences.append(kind.meaning(record, guilty))
    elif outcome == "inconclusive":
        sentences.append(_list("what is missing for a pass", [check.note for check in short]))
    elif outcome == "pass":
        found = [check.note for check in checks if check.role != "remark" and check.name not in _FORMALITIES]
        sentences += [_list("found", found), kind.limits_of_a_pass(record)]
    sentences.append(
        _list("worth knowing", [c.note for c in checks if c.role == "remark" and c.passed is False])
    )
    if outcome == "not_run":
        sentences += left_out(record)
    if record.error:
        sentences += [_ending(record.error, status), _before_compiling(record)]
    if status == "SLOW_COMPILE":
        sentences.append(_slow(record))
    return " ".join(" ".join(s for s in sentences if s).split())


def _sentence(text: str, names: Sequence[str] = ()) -> str:
    """With a capital at its start, unless it starts with a name of the model."""
    named = any(re.match(rf"{re.escape(name)}\b", text) for name in names)
    start = text[:1] if named else text[:1].upper()
    return f"{start}{text[1:]}." if text else ""


def _list(title: str, notes: Sequence[str]) -> str:
    return _sentence(f"{title}: {'; '.join(dict.fromkeys(notes))}") if notes else ""


def against_limit(check: Row) -> str:
    """The finding and the limit it breaks; a count that must be 0 needs no limit, nor does what must be exactly so."""
    note, threshold = check["note"], check["threshold"]
    if check["comparison"] == "==" or not finite(threshold) or threshold == 0:
        return note
    return f"{note} (limit: {'at least' if check['comparison'] == '>=' else 'at most'} {threshold:g})"


def _ending(error: Error, status: str) -> str:
    message = " ".join(str(error.message or "no message").split()).rstrip(".")
    if len(message) > LONGEST_MESSAGE:
        message = message[:LONGEST_MESSAGE] + " [...]"
    return _ENDED[status].format(
        stage=error.stage,
        type=error.type,
        message=message,
        where=f" ({error.where})" if error.where else "",
    )


def _before_compiling(record: Record) -> str:
    """What is known of the gradient where compiling it came to no end."""
    gradient = record.gradient
    if record.error.stage != "compile" or "first_gradient" not in record.timings:
        return ""
    bad = gradient.n_nan + gradient.n_inf
    found = f"has {bad} of {gradient.n} elements that are not finite" if bad else "is finite"
    return f"Evaluated without compiling, the gradient at the start {found}."


def _slow(record: Record) -> str:
    spent = " and ".join(
        f"{record.timings[key]:.4g} s to {words}" for key, words in _COSTS if finite(record.timings.get(key))
    )
    largest = max(record.model.graph.by_factor, key=lambda row: row.get("n_nodes") or 0, default=None)
    because = (
        f"; the largest part of its graph is `{largest['name']}` with {largest['n_nodes']} nodes"
        if largest
        else ""
    )
    return f"The status is SLOW_COMPILE: it took {spent}{because}. That is neither a hang nor a crash."
