"""From what a summary holds to its answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from faultline.core.sections.section import Row
from faultline.diagnosis import narrative, sureness
from faultline.diagnosis.answer import Answer, GroupOutcome, Shown
from faultline.diagnosis.groups import Groups
from faultline.diagnosis.headlines import headline, parts
from faultline.diagnosis.interpretation import against_limit
from faultline.diagnosis.suspects import Suspect
from faultline.findings.finding import SCORE_FOUND
from faultline.findings.outcome import failed, passed
from faultline.findings.parts import UNKNOWN
from faultline.findings.words import CAUSES

# What says in words all that its value and its limit would.
_IN_WORDS = (
    *("outcome", "error", "term_evaluates", "bends", "holding", "modes", "cliffs", "positive_definite"),
    *("prior_agrees", "posterior_exists", "posterior_integrates", "likelihood_peaks", "density_normalised"),
    *("arguments_sound", "run_starts", "criterion_holds", "oracle_agrees"),
)


def answer(
    summary: Mapping[str, Any], groups: Groups, ranked: Sequence[Suspect], tied: Sequence[Suspect], why: str
) -> Answer:
    """The answer that stands in this summary."""
    accused = [suspect for suspect in ranked if suspect.by != "remark"]
    first = accused[0] if accused and not tied else None
    part, cause, outcome = summary["component"], summary["cause_class"], summary["outcome"]
    named = first is not None and part != UNKNOWN
    decided = outcome == "pass" or part or cause
    return Answer(
        outcome=outcome,
        headline=_headline(summary, groups, accused, tied),
        also=_also(accused, tied) + _beside(groups),
        part=first.names if named else (),
        look_first=first.variables if named and set(first.variables) - set(first.names) else (),
        cause=CAUSES.get(cause),
        change=tuple(summary["next_steps"]),
        sure=summary["confidence"] if decided else sureness.UNDECIDED,
        why=why if decided else sureness.undecided(groups, outcome),
        shown=_shown(accused[0].evidence if accused and not tied else summary["evidence"]),
        story=narrative.story(groups, accused, tied),
        groups=tuple(
            GroupOutcome(row["number"], row["group"], row["title"], row["outcome"])
            for row in summary["groups"]
        ),
    )


def _headline(
    summary: Mapping[str, Any], groups: Groups, accused: Sequence[Suspect], tied: Sequence[Suspect]
) -> str:
    if tied:
        listed = " and ".join(parts(suspect.names) for suspect in tied)
        return f"the evidence does not decide between {listed}"
    if accused:
        return headline(accused[0])
    if groups.unbuilt:
        return "the model cannot be built"
    if groups.only_theirs_fail:
        return _of_own_runs(groups)
    if groups.given and summary["outcome"] == "fail":
        return "the draws fail; draws alone do not tell which part of the model is at fault, or why"
    if groups.given and summary["outcome"] == "inconclusive":
        return "these draws do not decide whether the model samples well"
    if summary["outcome"] == "pass":
        # A size that was not sampled is no group that could have failed.
        ended = {(row["outcome"], row["kind"]) for row in summary["groups"]} - {("not_run", "sampling")}
        every = {outcome for outcome, _ in ended} == {"pass"}
        return f"no fault found: {'every group passed' if every else 'the model samples well'}"
    return {
        "fail": "the model fails, and the groups do not isolate the part at fault",
        "error": "no answer yet: a group ended with an error",
        "not_run": "no answer: no group has run",
    }.get(summary["outcome"], "no answer yet: the groups that ran cannot decide")


def _of_own_runs(groups: Groups) -> str:
    """Where all else passes."""
    own = groups.only_theirs_fail
    verbs = ("fail", "fails") if any(map(failed, own)) else ("do not pass", "does not pass")
    what = f"your draws {verbs[0]}" if own[0].kind == "draws" else f"your run {verbs[1]}"
    if passed(groups.yours):
        return f"{what}, and the same call, made again, passes"
    return f"{what}, and the other runs of the same model pass"


def _beside(groups: Groups) -> tuple[str, ...]:
    """What nothing is concluded from."""
    found = [f"your own run came to no end ({record.group})" for record in groups.unended]
    if groups.strange:
        found.append(f"the draws are of another model ({groups.strange.group})")
    return tuple(found)


def _also(accused: Sequence[Suspect], tied: Sequence[Suspect]) -> tuple[str, ...]:
    """Other faults that were established beside the first, or beside those that tie for its place, each once."""
    told = list(tied or accused[:1])
    found = []
    for suspect in accused:
        if suspect.score >= SCORE_FOUND and not any(_says_as_much(other, suspect) for other in told):
            told.append(suspect)
            found.append(f"{headline(suspect)} ({suspect.record.group})")
    return tuple(found)


def _says_as_much(told: Suspect, suspect: Suspect) -> bool:
    """Whether a fault that was told is about the same names, or about more of them by the same check."""
    names, others = set(told.names), set(suspect.names)
    same_check = told.evidence[0]["check"] == suspect.evidence[0]["check"]
    return names == others or (same_check and others < names)


def _shown(rows: Sequence[Row]) -> tuple[Shown, ...]:
    same: dict[tuple[str, str], list[Row]] = {}
    for row in rows:
        note = row["note"] if row["check"] in _IN_WORDS else against_limit(row)
        same.setdefault((row["check"], note), []).append(row)
    return tuple(Shown(tuple(row["group"] for row in found), note) for (_, note), found in same.items())
