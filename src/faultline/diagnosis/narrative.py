"""What the groups imply together, in words."""

from __future__ import annotations

from collections.abc import Sequence

from faultline.core.sections.record import Record
from faultline.diagnosis import sizes
from faultline.diagnosis.groups import Groups, guilty_checks
from faultline.diagnosis.headlines import parts
from faultline.diagnosis.kinds import of
from faultline.diagnosis.kinds.kind import left_out
from faultline.diagnosis.suspects import EXPLAINS_NO_SAMPLING, Suspect
from faultline.experiments import experiment
from faultline.findings import case_checks
from faultline.findings.finding import SCORE_EXPLAINS, SCORE_FOUND, SCORE_UNDECIDED
from faultline.findings.outcome import failed, passed
from faultline.findings.parts import CORE, OBSERVATION, UNKNOWN, components_on, core, terms_in
from faultline.findings.words import CAUSES

_CLASSES = {
    **CAUSES,
    "unknown": "not decided by the evidence",
    None: "of a kind that the evidence does not decide",
}


def implication(groups: Groups, accused: list[Suspect], tied: list[Suspect]) -> str:
    """One paragraph: the first group to fail, what that implies by the decision rules, and what it leaves open."""
    if not accused:
        sentences = _without_suspects(groups)
    else:
        sentences = [_first_to_fail(groups, accused[0]), *_ladder(groups, accused, tied), *_others(accused)]
    sentences += [
        *_contradictions(groups),
        sizes.said(groups.sizes),
        *_unseen(groups),
        *_open(groups),
    ]
    return " ".join(" ".join(s for s in sentences if s).split())


def not_taken_apart(groups: Groups) -> str:
    """Why the model was not taken apart, where the group that should have had no way to."""
    record = groups.apart
    return " ".join(left_out(record)) if record and record.verdict.outcome == "not_run" else ""


def what_is_in(record: Record) -> list[str]:
    """The parts that a sampling group has in its model, as names."""
    if record.kind == "frozen":
        return [OBSERVATION]
    return [core(record), *sorted(components_on(record))]


def _first_failing(groups: Groups) -> Record | None:
    return next((r for r in groups.deciding if r.verdict.outcome in ("fail", "error")), None)


def story(groups: Groups, accused: Sequence[Suspect], tied: Sequence[Suspect]) -> str:
    """The first group to fail, and why the answer comes from another one where it does; empty where none fails."""
    first = _first_failing(groups)
    if first is None:
        return ""
    lead = f"The first group to fail is {first.group}"
    lead += "." if failed(first) else f": {_how_it_ended(first)}."
    if not accused or tied:
        return lead
    suspect = accused[0]
    if first.group in {item["group"] for item in suspect.evidence}:
        return lead if suspect.names == (UNKNOWN,) else f"{lead[:-1]}, where this shows."
    where = suspect.record.group
    own = _in_its_own_right(first, suspect)
    if suspect.record.kind == "apart":
        then = f"{where} then tested the model part by part."
    else:
        then = f"So the fault of {where} comes first." if own else f"This shows in {where}."
    return " ".join(filter(None, [lead, own, then]))


def _first_to_fail(groups: Groups, suspect: Suspect) -> str:
    first = _first_failing(groups)
    if first is None:
        return ""
    found = "; ".join(check["note"] for check in guilty_checks(first)) or _how_it_ended(first)
    return f"The first group to fail is {first.group}: {found}. {_in_its_own_right(first, suspect)}"


def _in_its_own_right(first: Record, suspect: Suspect) -> str:
    """What the first failure has to do with the answer, where that is about another group; empty where it is the same failure."""
    if experiment(first.kind).samples or suspect.by == "measured" or not failed(first):
        return ""
    guilty = guilty_checks(first)
    names = {name for check in guilty for name in check["names"]}
    where = suspect.record.group
    lead = "What fails there is a fault in its own right"
    if not names <= terms_in(suspect.record):
        return f"{lead}, but not all of it is in the model of {where}, which fails without it."
    if {check["name"] for check in guilty} <= set(EXPLAINS_NO_SAMPLING):
        return f"{lead}, but no reason for a sampler to fail."
    return f"{lead}; whether it is also why {where} fails is not known."


def _how_it_ended(record: Record) -> str:
    error = record.error
    where = f", at {error.where}" if error.where else ""
    return f"it ended with {error.type} in stage {error.stage}{where} (status {record.verdict.status})"


def _ladder(groups: Groups, accused: list[Suspect], tied: list[Suspect]) -> list[str]:
    first = accused[0]
    if tied:
        listed = " and ".join(quoted(suspect) for suspect in tied)
        return [f"Which part makes the sampler fail is not decided: {listed} are equally suspect."]
    if first.by == "measured":
        return [_established(groups, accused)]
    figures = "; ".join(check["note"] for check in guilty_checks(first.record)) or _how_it_ended(first.record)
    said = first.by == "apart" and first.record is _first_failing(groups)
    return [
        "" if said else f"In {first.record.group} {figures}.",
        _rule(groups, first),
        f"The cause is {_CLASSES[first.cause_class]}.",
    ]


def _established(groups: Groups, accused: list[Suspect]) -> str:
    """What a fault measured directly answers: the sampler's failure if it explains that, else only itself."""
    first, kind = accused[0], _CLASSES[accused[0].cause_class]
    if first.record is groups.yours:
        return "The model is the same in both runs, so the arguments of pm.sample are at fault."
    if first.score == SCORE_EXPLAINS:
        return f"The fault measured in {quoted(first)} is in the smallest model that fails, and takes precedence over any question of geometry: {kind}."
    failing = [suspect.record.group for suspect in accused if suspect.by == "ladder"]
    if groups.records and all(record.pipeline for record in groups.records):
        return f"What is established is that {quoted(first)} is the first stage at which something that should hold does not."
    measured = f"hat is established is the fault measured in {quoted(first)}: {kind}."
    if failing:
        return (
            f"W{measured} It does not explain why {failing[0]} fails, and the part that does is not isolated."
        )
    sampled = [r.group for r in groups.records if failed(r) and experiment(r.kind).samples]
    if {item["check"] for item in first.evidence} & case_checks.names(first.record):
        return f"W{measured}"  # by a probe of the case, in a group that samples
    if sampled:
        return f"W{measured} Whether it is also why {sampled[0]} fails is not known."
    return f"No sampling group is known to fail; w{measured}"


def _rule(groups: Groups, suspect: Suspect) -> str:
    """The decision rule that the first suspect follows from, in words."""
    if suspect.by == "apart":
        if suspect.names == (UNKNOWN,) and not_taken_apart(groups):
            return "It could not be tested part by part, so no part is named."
        if suspect.names == (UNKNOWN,):
            return "Testing it variable by variable and factor by factor names no part."
        if not groups.whole:
            return (
                "Every component is off there, so the core of the model (its latent variables and its plain likelihood) fails by itself. "
                "It was tested part by part."
            )
        return "The model has no components to switch off, so it was tested part by part."
    if suspect.names == (OBSERVATION,):
        return "It fails with the latent variables frozen, where only the observation model is left: the observation model is the culprit."
    if suspect.record.kind == "frozen":
        them = "it" if len(suspect.names) == 1 else "them"
        return f"It fails with the latent variables frozen, where all else mixes: look at {quoted(suspect)} and at the terms that read {them}."
    if suspect.record is groups.size_that_fails:
        return "The same components sample well when truncated and fail at this size: scaling or identifiability, not a hard bug."
    if sizes.is_size(suspect.record):
        return "No group of the size that the ladder shares fails, so the part that makes it fail here is not known."
    if suspect.score == SCORE_UNDECIDED:
        return f"Whether {quoted(suspect)} makes the difference is open, because the group with less in it has not decided."
    if suspect.names == (CORE,):
        rule = (
            "Every component is off there, so the core of the model (its latent variables and its plain likelihood) is already "
            "ill-conditioned, and the groups with components on give no evidence against those components."
        )
        if passed(groups.frozen):
            rule += (
                f" {groups.frozen.group} samples well with the latent variables frozen, which clears the observation model "
                "and leaves the geometry or parameterization of the latent variables."
            )
        return rule
    if len(suspect.names) == 1:
        return f"The groups without {quoted(suspect)} pass and the one that switches it on alone fails: look at {case_checks.where_to_look(suspect.record)}."
    return f"Each of {quoted(suspect)} alone passes, together they fail: their interaction is at fault."


def _others(accused: list[Suspect]) -> list[str]:
    others = [s for s in accused[1:] if s.score >= SCORE_FOUND and s.record is not accused[0].record]
    return [f"Also found: {quoted(s)} in {s.record.group}, {_CLASSES[s.cause_class]}." for s in others]


def _contradictions(groups: Groups) -> list[str]:
    beside = []
    if groups.strange:
        beside = [
            f"The draws in {groups.strange.group} are of another model: they do not have its variables. Nothing is concluded from them."
        ]
    if groups.overruled and not groups.whole:
        beside.append(
            f"Only the divergences of {groups.overruled.group} speak against its model, and that passes in {groups.apart.group}, with smaller "
            "steps and more draws, so it counts as undecided."
        )
    for record in groups.unended:
        beside.append(f"Your own run in {record.group} came to no end, so nothing is concluded from it.")
    if groups.against_theirs:
        fails, own = groups.against_theirs
        beside.append(
            f"{fails.group} fails although your own run of the same model passes in {own.group}: the two runs disagree."
        )
    return beside + [
        f"{fails.group} fails although {passes.group}, which samples the same model again, passes: repeat both with another seed "
        "before trusting either."
        if components_on(fails) == components_on(passes)
        else f"{fails.group} fails although {passes.group}, which contains all of it and more, passes: the parts do not simply add "
        "up, so repeat both with another seed before trusting either."
        for fails, passes in groups.contradictions
    ]


def _unseen(groups: Groups) -> list[str]:
    if not groups.out_of_reach:
        return []
    group, error = groups.out_of_reach.group, groups.out_of_reach.error
    if error:
        lead = f"Whether its priors agree with its data is open: {group} ended in stage {error.stage} with {error.type}."
    elif groups.out_of_reach.verdict.outcome == "inconclusive":
        lead = f"{group} sampled the model once more and could not decide; that does not weaken the draws that pass."
    else:
        lead = f"Whether its priors agree with its data is open: {group} could not look."
    return [lead, *left_out(groups.out_of_reach)]


def _open(groups: Groups) -> list[str]:
    open_groups = unfinished(groups)
    return [f"Not decided: {open_groups}."] if open_groups else []


def unfinished(groups: Groups) -> str:
    return ", ".join(
        f"{r.group} ({r.verdict.status if r.error else r.verdict.outcome})" for r in undecided(groups)
    )


def undecided(groups: Groups) -> list[Record]:
    return [record for record in groups.deciding if not (failed(record) or passed(record))]


def _without_suspects(groups: Groups) -> list[str]:
    if not groups.records:
        return ["No group has been measured."]
    if groups.unbuilt:
        name = groups.unbuilt.group
        return [
            f"The model cannot be built, so no part is accused: in {name} {_how_it_ended(groups.unbuilt)}."
        ]
    if groups.given:
        return [_of_given(groups.given)]
    if own := groups.only_theirs_fail:
        where = " and ".join(record.group for record in own)
        return [f"Every run of this model passes but your own, in {where}. {of(own[0]).place(own[0])}"]
    if not all(map(passed, groups.deciding)):
        return ["No group is known to fail, and not every group passes, so no part can be named."]
    if groups.sizes.cleared:
        return ["No group fails. That the sampler works does not show that the model is right."]
    if groups.overruled:
        return [
            f"Only the divergences of {groups.overruled.group} speak against the model, and it passes in {groups.apart.group}, with "
            "smaller steps and more draws. That does not show that it is right."
        ]
    if groups.repeated:
        return [
            f"No group fails: {groups.repeated.group} could not decide, and the same model, sampled again in {groups.apart.group}, "
            "passes. That does not show that it is right."
        ]
    if groups.is_pipeline:
        return [
            "No group fails: every stage ran, and nothing that the case asks for is broken. That does not show that the pipeline is right."
        ]
    if not groups.records[0].asked.cut:
        return ["No group fails: this model samples well. That does not show that it is right."]
    return [
        "No group fails: this configuration samples well as it was truncated. If it fails at full size, the dominant issue is "
        "scaling or identifiability, not a hard bug. That the sampler works does not show that the model is right."
    ]


def _of_given(record: Record) -> str:
    if failed(record):
        return "The draws fail. They do not tell which part of the model is at fault, or why."
    if passed(record):
        return "The draws pass: the chains agree. That does not show that the model is right."
    return "The draws do not decide whether the model samples well."


def quoted(suspect: Suspect) -> str:
    return parts(suspect.names)
