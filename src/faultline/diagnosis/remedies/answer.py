"""What the changes that were tried mean for the answer: the cure first, with its figures, and how sure the diagnosis is then."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from faultline.criteria.remedies import VARIANT, Remedy
from faultline.diagnosis.answer import Answer
from faultline.diagnosis.remedies.judging import CURES, FAILS, HELPS, UNDECIDED, parts
from faultline.diagnosis.remedies.words import capital, efficiency, faults, figures, fresh, gerund, imperative
from faultline.findings.words import CAUSES, listed

_NO_LONGER = (
    ", and no remedy has been tried yet",
    ", but its kind of cause is inferred, and no remedy has been tried yet",
)
"""What is said of how sure an answer is where nothing was tried."""


def cured(
    answer: Answer, remedies: Mapping[str, Any] | None, ridge: bool = False, unexplained: bool = False
) -> Answer:
    """The answer with what was tried. A cure is the first thing to do, in place of the advice about the part that it changes; one that
    leaves the part that is named alone comes after what is to be done about that. Where nothing else tells what is at fault, a cure does
    that leaves the posterior as it is.

    Parameters
    ----------
    ridge
        Whether the part that is named is a ridge.
    unexplained
        Whether no part is named, for none is isolated, or one without a reason.
    """
    if remedies is None or answer.outcome == "pass":
        return answer
    why = answer.why
    for claim in _NO_LONGER:
        why = why.replace(claim, "")
    best = remedies["help"] if remedies["cure"] is None else remedies["cure"]
    if best is None:
        return replace(answer, why=f"{why}; {_no_cure(remedies)}")
    row = remedies["tried"][best]
    if unexplained and (found := _told_by(row)):
        why = why if answer.part else "no group isolates the part at fault"
        answer, ridge = _named(answer, row, found), ridge or all(s["kind"] == "rotated" for s in row["steps"])
    sure, why = _sureness(answer, remedies, row, why, ridge)
    step, about = _cure(remedies, row), _touches(row) & {*answer.part, *answer.look_first}
    others = answer.change[1:] if about else answer.change
    change = (*others, step) if answer.part and not about else (step, *others)
    return replace(answer, change=change, sure=sure, why=why, code=(row["code"] or {}).get("diff"))


def _told_by(row: Mapping[str, Any]) -> list[str]:
    """The faults that a cure proves by itself: nothing but the way in which these variables are written changes."""
    proves = row["outcome"] == CURES and row["equivalent"] and not row["sampler"]
    found = faults(row) if proves else []
    return found if len(found) == len(row["steps"]) else []


def _named(answer: Answer, row: Mapping[str, Any], found: list[str]) -> Answer:
    """The answer with the faults that a cure shows; without a part, that and its cause, in place of what would find one."""
    said = replace(answer, headline=found[0], also=(*found[1:], *answer.also))
    if answer.part:
        return said
    names = tuple(dict.fromkeys(name for step in row["steps"] for name in step["names"]))
    return replace(said, part=names, cause=CAUSES["a"], change=(), sure="medium")


def _cure(remedies: Mapping[str, Any], row: Mapping[str, Any]) -> str:
    return " ".join(
        filter(
            None,
            [
                f"{imperative(row)}.",
                figures(remedies, row),
                _needed(remedies, row),
                _posterior(row),
                _where(row),
            ],
        )
    )


def _needed(remedies: Mapping[str, Any], row: Mapping[str, Any]) -> str:
    """Whether each part of a cure is needed, where it was tried without; or which part of it cures, but samples worse."""
    if row["outcome"] != CURES:
        return ""
    less = [each for each in remedies["tried"] if each["outcome"] == CURES and _within(each, row)]
    if less:
        least = min(less, key=parts)
        return f"{capital(gerund(least))} would be enough, with {efficiency(fresh(least))} effective draws per 1000 gradient evaluations."
    fail = {
        Remedy.of(each["steps"], each["sampler"]).text
        for each in remedies["tried"]
        if each["outcome"] == FAILS
    }
    if all(each.text in fail for each in Remedy.of(row["steps"], row["sampler"]).without_each()):
        return "Each of these changes is needed: where one is left out, a run still fails."
    return ""


def _within(row: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether one change is a part of another."""
    return (
        parts(row) < parts(other)
        and all(step in other["steps"] for step in row["steps"])
        and row["sampler"].items() <= other["sampler"].items()
    )


_BUT_FOR = {
    "ordered": "the order of what could be exchanged",
    "signs": "the signs that could be turned around",
    "half_turn": "the sign that half a turn undoes",
}
"""Kind of a step that keeps one of several arrangements -> what it fixes."""


def _posterior(row: Mapping[str, Any]) -> str:
    if not row["steps"]:
        return ""
    kinds = {step["kind"] for step in row["steps"]}
    if row["equivalent"] and (but := [words for kind, words in _BUT_FOR.items() if kind in kinds]):
        return f"The posterior is the same but for {listed(but)}."
    return {
        True: "The posterior is the same.",
        False: "It changes the model: the posterior is another one.",
        None: "Whether the posterior is the same is not known: what variants change is for the case's author to say."
        if any(step["kind"] == VARIANT for step in row["steps"])
        else "Whether the posterior is the same could not be checked.",
    }[row["equivalent"]]


def _where(row: Mapping[str, Any]) -> str:
    """Where the lines are, or why there are none."""
    code = row["code"]
    if not code:
        return ""
    if "diff" in code:
        return f"The lines of {code['file']} that change are in the report; `faultline fix {code['case']}` writes a copy of the file with them."
    return f"The lines could not be written into your file: {code['why']}."


def _sureness(
    answer: Answer, remedies: Mapping[str, Any], row: Mapping[str, Any], why: str, ridge: bool
) -> tuple[str, str]:
    """High where an equivalent change of nothing but the suspect cures, and no change of another part does. Of several changes that cure
    together it is not known which are needed. A dense metric straightens a ridge, as its rotation does: it speaks for no other part.
    """
    suspects, change = {*answer.part, *answer.look_first}, gerund(row)
    if row["outcome"] != CURES:
        helps = "help" if parts(row) > 1 else "helps"
        return answer.sure, f"{why}; {change} {helps}, but the model as it stands passes with some seeds, too"
    cures = "together cure it" if parts(row) > 1 else "cures it"
    if (
        not row["equivalent"]
        or not row["steps"]
        or not all(set(step["names"]) & suspects for step in row["steps"])
    ):
        return answer.sure, f"{why}; {change} {cures}"
    others = [each for each in remedies["tried"] if each is not row and not _touches(each) & suspects]
    if ridge:
        others = [each for each in others if "metric" not in each["sampler"]]
    for outcomes, so in (((CURES,), "so does"), ((HELPS, UNDECIDED), "so may")):
        if rivals := [gerund(each) for each in others if each["outcome"] in outcomes]:
            return answer.sure, f"{why}; {change} {cures}, and {so} {rivals[0]}"
    said = f", and {listed([gerund(each) for each in others], 'or')} does not" if others else ""
    return (
        "high",
        f"{change} {cures} on fresh seeds and {'leave' if parts(row) > 1 else 'leaves'} the posterior as it is{said}",
    )


def _touches(row: Mapping[str, Any]) -> set[str]:
    return {name for step in row["steps"] for name in step["names"]}


def _no_cure(remedies: Mapping[str, Any]) -> str:
    open_yet = any(row["outcome"] == UNDECIDED for row in remedies["tried"])
    cures = "is known to cure it" if open_yet else "cures it"
    if len(remedies["tried"]) == 1:
        return f"the change that was tried {'is not known to cure it' if open_yet else 'does not cure it'}"
    return f"none of the {len(remedies['tried'])} changes that were tried {cures}"
