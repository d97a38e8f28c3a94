"""What the groups mean together: the first to fail, the part at fault, the kind of cause, and how sure that is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from faultline.core.sections.record import Asked, Record
from faultline.core.sections.run import Run
from faultline.diagnosis import narrative, suspects
from faultline.diagnosis.answering import answer
from faultline.diagnosis.caught import caught
from faultline.diagnosis.groups import Groups
from faultline.diagnosis.next_steps import next_steps
from faultline.diagnosis.remedies.answer import cured
from faultline.diagnosis.remedies.proposing import is_ridge, is_unexplained
from faultline.diagnosis.sizes import is_size
from faultline.diagnosis.sureness import sureness
from faultline.diagnosis.suspects import Suspect
from faultline.diagnosis.trials.answer import amended, placed
from faultline.diagnosis.trials.found import headlines
from faultline.findings import ablation
from faultline.findings.finding import SCORE_UNDECIDED
from faultline.findings.outcome import failed, passed
from faultline.findings.parts import MODEL, SIZE, START, UNKNOWN

_WORST_FIRST = ("fail", "error", "inconclusive", "not_run")


def failing_run(summary: Mapping[str, Any]) -> str | None:
    """The first group in which the model, with nothing held, fails while it is sampled; None without one."""
    rows = (row for row in summary["groups"] if row["kind"] == "sampling" and row["outcome"] == "fail")
    return next((row["group"] for row in rows), None)


def summarise(
    records: Iterable[Mapping[str, Any] | Record],
    trials: Mapping[str, Any] | None = None,
    remedies: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """The content of ``summary.json`` from the judged records of a ladder, in any order, and from what its trials found.

    ``first_failing_group`` is the first group in ladder order whose outcome is fail or error. ``component`` and
    ``cause_class`` are those of the first suspect, which need not be that group's: a fault found in group 1 cannot
    explain why a model without it fails to sample. ``docs/decision-rules.md`` has the rules.
    """
    judged = sorted(map(Record.of, records), key=lambda record: record.number)
    groups = Groups(judged)
    ranked = suspects.rank(groups)
    accused = [suspect for suspect in ranked if suspect.by != "remark"]
    tied = suspects.rivals(accused) if accused else []
    component, cause = _answer(accused, tied)
    failing = [record for record in groups.deciding if record.verdict.outcome in ("fail", "error")]
    sampling_failing = [record for record in groups.of_kind("sampling", "frozen") if failed(record)]
    asked = groups.records[0].asked if groups.records else Asked()
    steps = next_steps(groups, accused, tied)
    sure, why = sureness(groups, accused, tied)
    summary = {
        "schema_version": 1,
        "case": asked.case,
        "dataset": asked.dataset,
        "outcome": _outcome(groups, trials),
        "first_failing_group": failing[0].group if failing else None,
        "first_failing_sampling_group": sampling_failing[0].group if sampling_failing else None,
        "component": component,
        "cause_class": cause,
        "confidence": sure,
        "implication": narrative.implication(groups, accused, tied),
        "suspects": [suspect.as_dict() for suspect in ranked],
        "evidence": [item for record in failing for item in suspects.all_evidence(record)],
        "ruled_out": _ruled_out(groups),
        "next_action": " ".join(steps),
        "next_steps": steps,
        "groups": [_row(record) for record in judged],
        "sizes": list(groups.sizes.rows),
    }
    if summary["outcome"] == "pass":
        summary["caught"] = caught(groups)
    if trials:
        summary["trials"] = headlines(trials)
    if remedies:
        summary["remedies"] = remedies
    found = amended(answer(summary, groups, ranked, tied, why), trials)
    if groups.is_pipeline:
        found = placed(found, trials, groups.records[0].pipeline)
    ridge = bool(accused) and is_ridge(accused[0])
    found = cured(found, remedies, ridge, unexplained=not tied and all(map(is_unexplained, accused[:1])))
    if component in (None, UNKNOWN) and found.part:
        summary |= {"component": " + ".join(found.part), "cause_class": "a", "confidence": found.sure}
    return {**summary, "answer": found.as_dict()}


def _outcome(groups: Groups, trials: Mapping[str, Any] | None) -> str:
    found = {record.verdict.outcome for record in groups.deciding}
    if found == {"pass"}:
        # The trials have run the same pipeline with more seeds.
        return "inconclusive" if groups.is_pipeline and trials and trials["symptom"] else "pass"
    if found <= {"not_run"}:
        return "not_run"
    worst = next(name for name in _WORST_FIRST if name in found)
    return "inconclusive" if worst == "not_run" else worst


def _answer(accused: list[Suspect], tied: list[Suspect]) -> tuple[str | None, str | None]:
    """The part and the class; on a tie the part is unknown, and the class too unless all rivals share it.

    A size that fails below one that passes isolates no part either.
    """
    if tied:
        causes = {suspect.cause_class for suspect in tied}
        return UNKNOWN, causes.pop() if len(causes) == 1 else None
    if not accused:
        return None, None
    if accused[0].names == (SIZE,) and accused[0].score == SCORE_UNDECIDED:
        return UNKNOWN, accused[0].cause_class
    return " + ".join(accused[0].names), accused[0].cause_class


def _ruled_out(groups: Groups) -> list[dict[str, Any]]:
    """What the groups that pass clear, and what the checks that pass do."""
    found = []
    for record in groups.records:
        passing = {check["name"] for check in record.checks if check["passed"] is True}
        group = record.group
        if "finite_terms" in passing:
            found.append(
                _cleared(group, [START], "b", "every term of the log-probability is finite at the start")
            )
        if "terms_counted_once" in passing:
            found.append(_cleared(group, ["terms"], "c", "no term is counted twice"))
        if {"finite_gradient", "finite_nearby", "finite_difference_error"} <= passing:
            factors = record.gradient.finite_differences.factors
            reason = (
                "the gradient of these terms is finite and agrees with finite differences at the points tried"
            )
            found.append(_cleared(group, [factor["name"] for factor in factors], "c", reason))
        own = any(record is other for other in groups.theirs)
        if record in groups.runs and passed(record) and not (own or is_size(record)):
            names = narrative.what_is_in(record)
            reason = (
                "it samples well as it stands"
                if names == [MODEL]
                else "the sampler works with this in the model"
            )
            found.append(_cleared(group, names, None, reason))
    if groups.repeated:
        reason = "it samples well as it stands, sampled again"
        found.append(_cleared(groups.apart.group, narrative.what_is_in(groups.repeated), None, reason))
    if groups.sizes.cleared:
        largest = groups.sizes.passing[-1]
        reason = f"the full model samples well at every size tried, up to T {largest}"
        found.append(_cleared(groups.sizes.group(largest), [SIZE], None, reason))
    # Every group looks at the start: said once, by the first that did.
    once = {(tuple(row["names"]), row["reason"]): row for row in reversed(found)}
    return [row for row in found if once[tuple(row["names"]), row["reason"]] is row]


def _cleared(group: str, names: list[str], cause: str | None, reason: str) -> dict[str, Any]:
    return {"group": group, "names": names, "cause_class": cause, "reason": reason}


def _row(record: Record) -> dict[str, Any]:
    """One row of the table of groups: headline figures of the run that was judged."""
    run = record.judged_run or ablation.decided(record.apart)
    figures = (
        "divergences",
        "n_draws",
        "max_rhat",
        "min_ess",
        "min_ebfmi",
        "max_treedepth_fraction",
        "mean_step_size",
    )
    return {
        "number": record.number,
        "group": record.group,
        "title": record.title,
        "kind": record.kind,
        "outcome": record.verdict.outcome,
        "status": record.verdict.status,
        "cause_class": record.verdict.cause_class,
        "component": record.verdict.component,
        "run": _which(record, run),
        **{key: getattr(run, key) for key in figures},
        "seconds": _seconds(record),
    }


def _which(record: Record, run: Run) -> str | None:
    if not run:
        return None
    if record.kind == "apart":
        return "longer" if run is record.apart.longer else "as it stands"
    return "longer" if run is record.sampling_extended else "as asked"


def _seconds(record: Record) -> float | None:
    """Seconds of the whole group: as its supervisor saw them, else the sum of its stages."""
    timings = record.timings
    if timings.get("total") is not None:
        return timings["total"]
    stages = [value for key, value in timings.items() if key != "steady" and value is not None]
    return sum(stages) if stages else None
