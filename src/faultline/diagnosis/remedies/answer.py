"""What the changes that were tried mean for the answer: the cure first, with its figures, and how sure the diagnosis is then."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from faultline.diagnosis.answer import Answer
from faultline.diagnosis.remedies.judging import CURES
from faultline.diagnosis.suspects import Suspect


def cured(answer: Answer, remedies: Mapping[str, Any] | None, accused: Sequence[Suspect]) -> Answer:
    """The answer with what was tried: a cure is the first thing to do."""
    if remedies is None or answer.outcome == "pass":
        return answer
    if remedies["cure"] is None:
        return replace(answer, why=f"{_without_claim(answer.why)}; {_none_cured(remedies)}")
    row = remedies["tried"][remedies["cure"]]
    line = f"{capital(in_words(row))}: {figures(remedies, row)}."
    touches = {name for step in row["steps"] for name in step["names"]}
    suspects = {*answer.part, *answer.look_first}
    sure, why = answer.sure, f"{_without_claim(answer.why)}; {in_words(row)} cures it"
    if row["equivalent"] and touches & suspects:
        others = [each for each in remedies["tried"] if each is not row and each["outcome"] == CURES]
        rivals = [each for each in others if not {n for s in each["steps"] for n in s["names"]} & suspects]
        if not rivals:
            sure, why = (
                "high",
                f"this change leaves the posterior as it is and cures it on fresh seeds, {_and_others(remedies, row)}",
            )
    return replace(answer, change=(line, *_more(answer, row)), sure=sure, why=why)


def _more(answer: Answer, row: Mapping[str, Any]) -> tuple[str, ...]:
    return answer.change[1:]


def in_words(row: Mapping[str, Any]) -> str:
    """A change as a phrase: ``non-centering `theta```."""
    found = []
    for step in row["steps"]:
        names = listed([f"`{name}`" for name in step["names"]])
        found.append(_PHRASES[step["kind"]].format(names=names))
    found += [f"`{name}` at {value}" for name, value in row["sampler"].items()]
    return listed(found) or "the model as it stands"


_PHRASES = {
    "non_centered": "non-centering {names}",
    "increments": "writing {names} as the sum of its increments",
}


def figures(remedies: Mapping[str, Any], row: Mapping[str, Any]) -> str:
    """Before and after: passing runs, divergences, R-hat."""
    before, after = remedies["unchanged"]["runs"], row["runs"][1:]
    parts = [
        f"{row['passes']} of {row['fresh']} fresh runs pass ({remedies['unchanged']['passes']} of {remedies['unchanged']['fresh']} as the model stands)",
        f"divergences {_span(before, 'divergences')} before, {_span(after, 'divergences')} after",
        f"largest R-hat {_span(before, 'max_rhat', '.3g')} before, {_span(after, 'max_rhat', '.3g')} after",
    ]
    return "; ".join(parts)


def _span(runs: Sequence[Mapping[str, Any]], name: str, form: str = "d") -> str:
    """Smallest and largest over seeds."""
    values = [run[name] for run in runs if run[name] is not None]
    if not values:
        return "not known"
    low, high = format(min(values), form), format(max(values), form)
    return low if low == high else f"{low} to {high}"


def _none_cured(remedies: Mapping[str, Any]) -> str:
    number = len(remedies["tried"])
    return (
        f"none of {number} changes that were tried cures it"
        if number > 1
        else "the change that was tried does not cure it"
    )


def _and_others(remedies: Mapping[str, Any], row: Mapping[str, Any]) -> str:
    others = [each for each in remedies["tried"] if each is not row and each["outcome"] != CURES]
    return (
        f"which {listed([in_words(each) for each in others])} {'does' if len(others) == 1 else 'do'} not"
        if others
        else "and no other change was tried"
    )


def _without_claim(why: str) -> str:
    """What is no longer true once changes were tried."""
    for claim in (
        ", and no remedy has been tried yet",
        ", but its kind of cause is inferred, and no remedy has been tried yet",
    ):
        why = why.replace(claim, "")
    return why


def listed(words: Sequence[str]) -> str:
    *others, last = words or [""]
    return f"{', '.join(others)} and {last}" if others else last


def capital(words: str) -> str:
    return words[:1].upper() + words[1:]
