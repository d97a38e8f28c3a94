"""What to do after a group, in one paragraph as specific as its figures allow."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from faultline.core.check import Check
from faultline.core.record import judged_run
from faultline.criteria import run_statistics
from faultline.diagnosis.interpretation import left_out, where_to_look
from faultline.findings import ablation, chains, sampling
from faultline.findings import thresholds as limit
from faultline.findings.advice import has_remedy, mend, quoted

_AFTER_END = {
    "TIMEOUT": "Raise the limit that was hit (limits.total or limits.compile), or truncate the data (max_T, max_K), and run this group again.",
    "OUT_OF_MEMORY": "Raise limits.memory_mb if the machine has more, or truncate the data (max_T, max_K), and run this group again.",
    "KILLED": "Run this group again; if it is killed again, give it more memory or truncate the data (max_T, max_K).",
    "INTERRUPTED": "Run this group again and let it finish.",
    "RECURSION": "Write the loop as one vectorised operation or as a scan, and run this group again.",
    "CRASH": "Read the traceback in this record's error, mend what it names, and run this group again.",
}
# For each check of a run that failed, what to try, in the order in which it helps.
_FOR_RUNS = {
    "energy_not_stuck": "an E-BFMI this low is the mark of a funnel, so write the values that a scale governs non-centered "
    "(centered where the data are rich), or keep the scale's prior away from 0",
    "divergences_too_many": "remove the narrow places by writing these variables another way, for a higher target_accept only "
    "hides them",
    "tree_depth_not_saturated": "bring these variables to similar scales and remove strong correlations between them, once the "
    "gradient group has cleared their gradient",
    "chains_together": "look in the trace plot whether the chains sit in different places (modes, a bad start) or wander slowly",
    "effective_share": "remove strong correlations between these variables",
}
MOST_REMEDIES = 2
"""Remedies for a run, at most: where the first is right the others are often not."""

_REMARKED = {
    "indices_from_start": "First look at the negative indices in {names}: where they stand for a category that is missing (pandas codes it "
    "-1), they read the last element; leave those rows out, or give them a category of their own. ",
}


def remarked(records: Sequence[Mapping[str, Any]]) -> str:
    """What to look at though no group fails by it; ends with a space where there is anything."""
    found = {
        _REMARKED[check["name"]].format(names=quoted(check["names"]))
        for record in records
        for check in record.get("checks") or []
        if check["name"] in _REMARKED and check["passed"] is False
    }
    return "".join(sorted(found))


def next_action(record: Mapping[str, Any], checks: Sequence[Check], outcome: str, status: str) -> str:
    """One paragraph: the next step for a modeller who has read the interpretation."""
    samples = record.get("kind") in ("sampling", "frozen")
    if outcome == "fail":
        guilty = [check for check in checks if check.role == "fault" and check.passed is False]
        steps = [
            *(_mend_run(record, checks, guilty) if samples else mend(_confirmed(guilty, record), record)),
            "Then run this group again.",
        ]
    elif outcome == "pass":
        steps = ["Nothing to mend here: read the next group, or the summary after the last.", _tune(record)]
    elif record.get("error"):
        steps = [_after_end(record["error"], status)]
    elif outcome == "not_run":
        steps = [_run_it(record)]
    else:
        decide = _decide_run if samples else _decide_apart if record.get("kind") == "apart" else _decide_terms
        steps = [decide(record, checks)]
    if status == "SLOW_COMPILE" and not samples:
        steps.append("Be patient with the compilation, and try the sampler next: slow is all it is.")
    return " ".join(" ".join(steps).split())


def _after_end(error: Mapping[str, Any], status: str) -> str:
    """What to do about an end that proves nothing against the model."""
    if "accident" in error:
        if error.get("stands"):
            return f"Look for what ends it ({error['accident']}, twice), then ask for this group again: --config again=true, or by hand --again."
        return f"Give the same command again, which tries once more ({error['accident']})."
    where = error.get("where") if status == "CRASH" else None
    return f"Mend {where}, and run this group again." if where else _AFTER_END[status]


def _confirmed(guilty: Sequence[Check], record: Mapping[str, Any]) -> Sequence[Check]:
    """The checks that call for a remedy: of what only the curvature of a model taken apart shows, the first, for the others are less likely still."""
    found = ablation.findings(record.get("apart") or {}) if record.get("kind") == "apart" else []
    unsure = {(f.check, f.names) for f in found if f.score <= limit.SCORE_UNDECIDED}
    sure = [check for check in guilty if (check.name, check.names) not in unsure]
    return sure or guilty[:1]


def _tune(record: Mapping[str, Any]) -> str:
    """What to remember of a model that failed before it was tuned for longer; empty for any other."""
    asked, judged = record.get("sampling") or {}, judged_run(record)
    if judged is asked or all(
        check.passed is not False for check in run_statistics.faults(run_statistics.read(asked))
    ):
        return ""
    return (
        f"Tune it for at least {judged.get('tune')} steps: after {asked.get('tune')} its chains still fail."
    )


def _run_it(record: Mapping[str, Any]) -> str:
    if advice := for_nuts(record):
        return advice
    if (record.get("model") or {}).get("n_values") == 0:
        return "Freeze fewer variables: with nothing free there is nothing to sample."
    if reasons := left_out(record):
        return f"Nothing can be done here, and repeating changes nothing. {reasons[0]}"
    return "Run this group."


def for_nuts(record: Mapping[str, Any]) -> str:
    """What to do about a model that NUTS cannot sample, or not all of it; empty for any other."""
    model = record.get("model") or {}
    if names := model.get("discrete"):
        return (
            f"NUTS moves continuous variables only: sum {quoted(names)} out of the likelihood (marginalise it, for instance with "
            "pm.Mixture), and run again."
        )
    if model.get("n_free_rvs") == 0 and record.get("kind") != "frozen":
        return (
            "The model has no free variable, so there is nothing to infer: leave out observed= of what you want to know, and "
            "run again."
        )
    return ""


def _mend_run(record: Mapping[str, Any], checks: Sequence[Check], guilty: Sequence[Check]) -> list[str]:
    names, run = {check.name for check in guilty}, judged_run(record)
    steps = mend([check for check in guilty if has_remedy(check.name)], record)
    steps += chains.advice(run, run_statistics.read(run), checks)
    if far := [check.names[0] for check in checks if check.name == "prior_agrees" and check.role == "remark"]:
        steps.append(f"Compare the values of {quoted(far)} with their priors before you trust any of them.")
    if names & set(sampling.PROBES):
        steps.append(f"First mend what the probe of this group found: look at {where_to_look(record)}.")
    if "truth_coverage" in names:
        steps.append(
            "Compare the model with how the data were made: noise, outliers, priors, and terms counted twice."
        )
    if (run_statistics.read(run).rhat or 0) > limit.SHORT_RHAT_APART:
        # Chains on their way to each other: their energy changes with where they are, funnel or not.
        names.discard("energy_not_stuck")
    discrete = (record.get("model") or {}).get("discrete") or ()
    if discrete:
        # A low E-BFMI is no mark of a funnel where the energy moves with variables that NUTS does not.
        names -= {"energy_not_stuck", "effective_share"}
        steps.append(f"Suspect first the steps that move {quoted(discrete)}, which follow no gradient.")
    remedies = [words for name, words in _FOR_RUNS.items() if name in names]
    if remedies:  # the first ones have the most to go by
        worst = sampling.worst_variables(run)
        variables = " and ".join(f"`{name}` ({reason})" for name, reason in worst)
        steps.append(
            f"Begin with {variables or 'the core variables'}: {'; '.join(remedies[:MOST_REMEDIES])}."
        )
    return steps


def _decide_run(record: Mapping[str, Any], checks: Sequence[Check]) -> str:
    n_draws = judged_run(record).get("n_draws", "an unknown number of")
    more = (
        f"More draws decide: the run that was judged has {n_draws}, so raise sampler.extended.draws and tune, and the time limit "
        "with them."
    )
    unknown = [check.name for check in checks if check.role == "standard" and check.value is None]
    if unknown:
        more += f" If {', '.join(unknown)} stays unknown, look for chains stuck at one value and for values that are not finite."
    return more


def _decide_terms(record: Mapping[str, Any], checks: Sequence[Check]) -> str:
    if (record.get("model") or {}).get("n_values") == 0 and (advice := for_nuts(record)):
        return advice
    unknown = [check for check in checks if check.role != "remark" and check.passed is None]
    if not unknown:
        return "Run this group again: it measured too little to decide."
    return f"Find out why this was not measured: {', '.join(check.name for check in unknown)}."


def _decide_apart(record: Mapping[str, Any], checks: Sequence[Check]) -> str:
    """A model taken apart is undecided where its own run is: it neither passes nor fails beyond doubt, or made no draws."""
    if checks:
        return (
            "More draws decide: taken apart, this model neither passes nor fails beyond doubt. Give the sampling group more of them "
            "(sampler.extended.draws and tune), and this one more time (limits.apart)."
        )
    reasons = [row["reason"] for row in (record.get("apart") or {}).get("skipped") or [] if row.get("reason")]
    because = f", for {reasons[0]}" if reasons else ""
    return f"Run this group again with more time (limits.apart): it has no draws to go by{because}."
