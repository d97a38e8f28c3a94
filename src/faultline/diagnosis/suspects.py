"""Who is under suspicion, ranked. A score orders suspects by the kind of evidence; it is no probability."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from faultline.core.sections.record import Record
from faultline.core.sections.section import Row
from faultline.diagnosis.groups import Groups, Parts, built, guilty_checks, shortfalls
from faultline.findings import case_checks, frozen, geometry, sampling
from faultline.findings.finding import (
    SCORE_EXPLAINS,
    SCORE_FOUND,
    SCORE_LADDER,
    SCORE_UNDECIDED,
    SCORE_WARNING,
)
from faultline.findings.outcome import failed, passed
from faultline.findings.parts import CORE, RUN, SIZE, START, UNKNOWN, components_on, core, terms_in

# A run that was broken from outside: it says nothing against the model, so whatever was measured comes before it.
SCORE_BROKEN = 0.6

# A likelihood counted twice narrows the posterior evenly, a truncation without its constant moves it: both explain a missed truth, not a
# sampler that fails.
DATA_CHECKS = (
    *("counts_whole", "data_uncoded", "predictors_uncoded", "integers_fit", "data_in_support"),
    "data_finite",
)
BREAKS_GRADIENTS = (
    *("finite_terms", "data_finite", "start_exists"),
    *("positive_definite", "custom_ops", "gradient_connected"),
)
_ACCUSES_NOTHING = ("agrees_with_arviz", "draws_fit")
"""Remarks about the judgment or the draws, not about a part."""
EXPLAINS_NO_SAMPLING = ("terms_counted_once", "data_counted_once", "support_kept")


@dataclass(frozen=True)
class Suspect:
    """A part under suspicion.

    Attributes
    ----------
    by
        ``ladder``: isolated by comparing groups; such suspects compete to explain one failure. ``measured``: a fault
        seen directly, true whatever else is. ``remark``: no failure by itself.
    record
        The group that speaks against it.
    component
        The component that brings the names into the model, where that is known.
    variables
        Variables to look at first.
    inside
        Of a model that the ladder isolates: what taking it apart found first.
    """

    names: tuple[str, ...]
    score: float
    cause_class: str | None
    by: str
    record: Record
    evidence: tuple[Row, ...]
    component: str | None = None
    variables: tuple[str, ...] = field(default=())
    inside: Suspect | None = None

    def as_dict(self) -> dict[str, Any]:
        return {
            "names": list(self.names),
            "score": self.score,
            "cause_class": self.cause_class,
            "component": self.component,
            "variables": list(self.variables),
            "evidence": list(self.evidence),
        }


def rank(groups: Groups) -> list[Suspect]:
    """All suspects, the strongest first; of equals the one that an earlier group found."""
    measured = _measured(groups)
    # Where the model was taken apart, its parts are named, and "the core model" says nothing.
    ladder = (
        _taken_apart(groups, measured)
        if groups.whole
        else _with_parts(groups, _ladder(groups, measured), measured)
    )
    found = [*measured, *ladder, *_sizes(groups, measured), *_broken(groups), *_remarks(groups)]
    merged: dict[tuple[str, ...], Suspect] = {}
    for suspect in sorted(found, key=lambda s: (-s.score, s.record.number)):
        first = merged.get(suspect.names)
        merged[suspect.names] = _merge(first, suspect) if first else suspect
    return list(merged.values())


def rivals(suspects: list[Suspect]) -> list[Suspect]:
    """The suspects that tie for the first place: the evidence cannot tell them apart."""
    tied = [s for s in suspects if s.by == "ladder" and s.score == suspects[0].score]
    return tied if len(tied) > 1 and suspects[0].by == "ladder" else []


def evidence(record: Record, check: Row) -> dict[str, Any]:
    """A check as evidence: it names its group."""
    return {"group": record.group, "check": check["name"]} | {
        key: check[key] for key in ("value", "threshold", "comparison", "passed", "note")
    }


def all_evidence(record: Record) -> list[dict[str, Any]]:
    """What speaks against a group: the checks that failed it, or the error that ended it."""
    found = [evidence(record, check) for check in guilty_checks(record)]
    error = record.error
    if not found and error:
        where = [f"stage {error.stage}", *filter(None, [error.where])]
        check = {
            "name": "error",
            "value": error.type,
            "threshold": None,
            "comparison": "==",
            "passed": False,
        }
        found = [evidence(record, check | {"note": f"{error.type}: {error.message} ({', '.join(where)})"})]
    return found


def explains(suspect: Suspect, record: Record) -> bool:
    """Whether a measured fault can be why this group fails: its terms are in the group's model, and it disturbs sampling."""
    checks = {item["check"] for item in suspect.evidence}
    only_the_truth = {check["name"] for check in guilty_checks(record)} == {"truth_coverage"}
    if checks <= set(EXPLAINS_NO_SAMPLING) and not only_the_truth:
        return False
    terms = set(suspect.names)
    return suspect.by == "measured" and bool(terms) and terms <= terms_in(record)


def _measured(groups: Groups) -> list[Suspect]:
    """Faults seen directly, in the terms of any group or by the case's own probes; the state of a run is none."""
    failing = [groups.sampled[parts] for parts in groups.smallest_failing]
    # What is broken at the start is broken close by, too: the terms say more than the model as a whole.
    broken = any(
        c["name"] in BREAKS_GRADIENTS and c["names"] for r in groups.records for c in guilty_checks(r)
    )
    found = []
    for record in groups.records:
        taken_apart = record is groups.apart  # its findings are suspects of their own
        for check in [] if taken_apart or record is groups.strange else guilty_checks(record):
            names = tuple(check["names"])
            if check["name"] in case_checks.names(record):
                names = tuple(sorted(components_on(record))) or (core(record),)
            elif record in groups.runs and not names:
                continue
            if not names and (len(guilty_checks(record)) > 1 or broken):
                continue
            # Which variables feel a broken gradient says nothing about which term breaks it.
            felt = check["name"] == "finite_gradient" and set(names) <= _free(record)
            if felt and broken:
                continue
            about = (evidence(record, check),)
            if record is groups.yours:  # what its arguments do to it
                about += tuple(evidence(record, other) for other in shortfalls(record) if other is not check)
            suspect = Suspect(
                names or ("model",), SCORE_FOUND, check["cause_class"], "measured", record, about
            )
            # A larger size that fails is explained by what is wrong there, not by what the sizes that pass have too.
            others = [*failing, record] if record is groups.size_that_fails else failing
            if (not felt and any(explains(suspect, other) for other in others)) or _explains_conflict(
                check, groups
            ):
                suspect = replace(suspect, score=SCORE_EXPLAINS)
            found.append(replace(suspect, component=groups.owner(names)))
    return found


def _explains_conflict(check: Row, groups: Groups) -> bool:
    """Whether this is wrong with the data, and a prior contradicts them: it would contradict any that are wrong."""
    return check["name"] in DATA_CHECKS and any(f.check == "prior_agrees" for f in groups.findings)


def _free(record: Record) -> set[str]:
    return {row["name"] for row in record.model.free_rvs}


def _ladder(groups: Groups, measured: list[Suspect]) -> list[Suspect]:
    """What comparing the groups isolates: the smallest sets of components whose model fails."""
    found = []
    observation = _observation(groups)
    for parts in groups.smallest_failing:
        record = groups.sampled[parts]
        undecided = not groups.isolated(parts) if parts else _smaller_still(observation)
        suspect = Suspect(
            names=tuple(sorted(parts)) or (CORE,),
            score=SCORE_UNDECIDED if undecided else SCORE_LADDER,
            cause_class=_cause(record, measured),
            by="ladder",
            record=record,
            evidence=(*all_evidence(record), *_contrast(groups, parts)),
            component=next(iter(parts)) if len(parts) == 1 else None if parts else CORE,
            variables=tuple(name for name, _ in sampling.worst_variables(record.judged_run)),
        )
        found.append(suspect)
        if parts and undecided and not passed(groups.sampled.get(frozenset())):
            found.append(replace(suspect, names=(CORE,), component=CORE))
    return found + ([observation] if observation else [])


def _broken(groups: Groups) -> list[Suspect]:
    """Runs that were ended from outside."""
    return [
        Suspect((RUN,), SCORE_BROKEN, "h", "measured", record, tuple(all_evidence(record)))
        for record in groups.deciding
        if record.verdict.status in ("KILLED", "INTERRUPTED")
    ]


def _with_parts(groups: Groups, ladder: list[Suspect], measured: list[Suspect]) -> list[Suspect]:
    """The suspects of the ladder, the smallest model that fails by what taking it apart found in it.

    Of the bare model these parts are the suspects, and where nothing confirms them they are said with a perhaps. Where a component
    makes it fail, they come after the component: what is in a smaller model, too, does not make that fail.
    """
    found = _inside(groups, measured) if groups.apart else []
    on = components_on(groups.apart) if groups.apart else frozenset()
    whole = next((each for each in ladder if each.record is groups.sampled.get(on)), None)
    if not found or whole is None or whole.by != "ladder":
        return ladder
    others = [suspect for suspect in ladder if suspect is not whole]
    decided = [suspect for suspect in found if suspect.score > SCORE_UNDECIDED]
    if not on and decided:
        contrast = tuple(item for item in whole.evidence if item["check"] == "outcome")
        return [replace(each, evidence=(*each.evidence, *contrast)) for each in decided] + others
    first = replace(
        whole,
        variables=found[0].variables,
        evidence=(*whole.evidence, *found[0].evidence),
        inside=None if decided else found[0],
    )
    return [first, *others, *(replace(each, score=min(each.score, SCORE_FOUND)) for each in decided)]


def _inside(groups: Groups, measured: list[Suspect]) -> list[Suspect]:
    """What taking a model apart found in it, but for what may follow from another fault that was found: a prior that contradicts data
    which are wrong themselves, and variables that help when held for no reason of their own.
    """
    record = groups.apart
    wrong_data = any(item["check"] in DATA_CHECKS for suspect in measured for item in suspect.evidence)
    explained = any(suspect.score == SCORE_EXPLAINS for suspect in measured) or any(
        f.names and f.score > SCORE_UNDECIDED and geometry.has_reason(f) for f in groups.findings
    )
    return [
        Suspect(
            f.names,
            f.score,
            f.cause_class,
            "apart",
            record,
            (evidence(record, f.as_check().as_dict()),),
            variables=f.names,
        )
        for f in groups.findings
        if f.names
        and f.score > SCORE_WARNING
        and not (wrong_data and f.check == "prior_agrees")
        and (geometry.has_reason(f) or not explained)
    ]


def _taken_apart(groups: Groups, measured: list[Suspect]) -> list[Suspect]:
    """What holding variables and switching factors off found; unknown where the model fails for no reason that was found."""
    found = _inside(groups, measured)
    decided = [suspect for suspect in found if suspect.score > SCORE_UNDECIDED]
    failing = [groups.sampled[parts] for parts in groups.smallest_failing]
    if decided or not failing or any(suspect.score == SCORE_EXPLAINS for suspect in measured):
        return decided
    about = tuple(all_evidence(failing[0]))
    return [Suspect((UNKNOWN,), SCORE_UNDECIDED, UNKNOWN, "apart", failing[0], about), *found]


def _observation(groups: Groups) -> Suspect | None:
    """The observation model, or what in it does not mix, when sampling fails with the latent variables frozen.

    It comes first where it is the smallest model that fails. Where the failing group has less switched on than the
    frozen one, the frozen failure may come from those components; where a smaller group passes, they are isolated already.
    """
    record = groups.frozen
    if not failed(record) or not built(record):
        return None
    on = components_on(record)
    smallest = groups.smallest_failing
    first = not smallest or any(on <= parts and not groups.isolated(parts) for parts in smallest)
    return Suspect(
        names=frozen.accused(record),
        score=SCORE_LADDER if first else SCORE_FOUND,
        cause_class=record.verdict.cause_class,
        by="ladder",
        record=record,
        evidence=tuple(all_evidence(record)),
        variables=tuple(name for name, _ in sampling.worst_variables(record.judged_run)),
    )


def _smaller_still(observation: Suspect | None) -> bool:
    return observation is not None and observation.score == SCORE_LADDER


def _sizes(groups: Groups, measured: list[Suspect]) -> list[Suspect]:
    """A size that fails while no group of one size is known to.

    Above the largest size that passes it is the size itself; below it, or where no size passes, nothing is isolated: of a model
    without components there is no part to name then.
    """
    sizes = groups.sizes
    if groups.smallest_failing or not sizes.failing or groups.unbuilt or (groups.whole and not sizes.passing):
        return []
    record = groups.size_that_fails or groups.named(sizes.group(sizes.failing[0]))
    names = (SIZE,) if sizes.passing else tuple(sorted(components_on(record))) or (CORE,)
    passing = [groups.named(sizes.group(size)) for size in sizes.passing[-1:]]
    return [
        Suspect(
            names=names,
            score=SCORE_LADDER if groups.size_that_fails else SCORE_UNDECIDED,
            cause_class=_cause(record, measured),
            by="ladder",
            record=record,
            evidence=(
                *all_evidence(record),
                *(_passes(other, "at this size it passes") for other in passing),
            ),
            variables=tuple(name for name, _ in sampling.worst_variables(record.judged_run)),
        )
    ]


def _cause(record: Record, measured: list[Suspect]) -> str | None:
    """The failing group's own class, unless a measured fault in its model explains the failure."""
    stronger = [s.cause_class for s in measured if s.score == SCORE_EXPLAINS and explains(s, record)]
    return stronger[0] if stronger else record.verdict.cause_class


def _contrast(groups: Groups, parts: Parts) -> list[dict[str, Any]]:
    """The groups with less in them that pass."""
    smaller = [groups.frozen] if not parts else [r for other, r in groups.sampled.items() if other < parts]
    return [_passes(record) for record in smaller if passed(record)]


def _passes(record: Record, note: str = "this group, with less in it, passes") -> dict[str, Any]:
    check = {"name": "outcome", "value": "pass", "threshold": None, "comparison": "==", "passed": True}
    return evidence(record, check | {"note": note})


def _remarks(groups: Groups) -> list[Suspect]:
    found = []
    for record in groups.records:
        for check in record.checks if record is not groups.strange else ():
            if (
                check["role"] == "remark"
                and check["passed"] is False
                and check["name"] not in _ACCUSES_NOTHING
            ):
                names = tuple(check["names"]) or (START,)
                about = (evidence(record, check),)
                found.append(
                    Suspect(
                        names,
                        SCORE_WARNING,
                        check["cause_class"],
                        "remark",
                        record,
                        about,
                        groups.owner(names),
                    )
                )
    return found


def _merge(first: Suspect, other: Suspect) -> Suspect:
    """One suspect with the evidence of both."""
    evidence = (*first.evidence, *other.evidence)
    return replace(first, evidence=evidence, cause_class=first.cause_class or other.cause_class)
