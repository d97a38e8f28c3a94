"""The checks of the groups that sample: convergence, geometry, recovery of the truth, and what a case declares."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from faultline.core.check import Check, at_least, finite
from faultline.core.errors import InputError
from faultline.core.sections.record import Record
from faultline.core.sections.run import Run
from faultline.criteria import run_statistics
from faultline.criteria import thresholds as limit
from faultline.findings import build, case_checks, chains, gradient, priors
from faultline.findings.advice import has_remedy
from faultline.findings.outcome import set_apart

# Share of the true values inside their 90 % intervals below which the model does not recover the truth.
# Wide, because the values of one trajectory are correlated: 50 independent ones scatter by 0.04 around 0.9.
COVERAGE_90_MIN = 0.7

_APART = "its divergences lie apart from the other draws, Kolmogorov-Smirnov distance {:.2f}"


def checks(record: Record) -> list[Check]:
    """The checks of a record of kind ``sampling`` or ``frozen``, of what was measured: its start, its run, its case.

    Raises
    ------
    InputError
        The case declares a check that is called like one of Faultline's, which rules know by its name.
    """
    found = build.at_start(record) if record.logp else []
    found += gradient.at_start(record) if record.gradient else []
    found += _run(record)
    taken = {check.name for check in found}
    if same := sorted(name for name in case_checks.names(record) if name in taken or has_remedy(name)):
        raise InputError(
            f"case {record.asked.case}: CHECKS: {same[0]} is the name of one of Faultline's checks; choose another."
        )
    return found + case_checks.checks(record)


def worst_variables(sampling: Run, most: int = 3) -> list[tuple[str, str]]:
    """The variables to look at first, each with the figure that says so.

    First the one whose divergences lie apart most tellingly, unless that is chance, then the largest R-hat, then the
    smallest effective sample size.
    """
    variables = sampling.variables
    found: dict[str, str] = {}
    for rows, key, sign, words in (
        (set_apart(sampling), "ks", 0, _APART),
        (variables, "rhat_max", -1, "the largest R-hat, {:.2f}"),
        (variables, "ess_bulk_min", 1, "the smallest effective sample size, {:.0f}"),
    ):
        known = [row for row in rows if finite(row.get(key))]
        for row in sorted(known, key=lambda row, key=key, sign=sign: sign * row[key])[:1]:
            found.setdefault(row["name"], words.format(row[key]))
    return list(found.items())[:most]


def _run(record: Record) -> list[Check]:
    sampling = record.judged_run
    if not sampling:
        return []
    run = run_statistics.read(sampling)
    notes = _notes(run, sampling)
    found = [*run_statistics.faults(run), *run_statistics.standards(run)]
    return (
        [replace(check, note=notes[check.name]) for check in found]
        + _truth(record, run)
        + priors.checks(record, run)
    )


def _notes(run: run_statistics.Figures, sampling: Run) -> dict[str, str]:
    """What each check says, in words, whatever its outcome."""
    rhat = _known(run.rhat, "the largest R-hat", "{:.4g}") + _whose_rhat(sampling)
    if run.rhat is not None and run.rhat_partly:
        rhat += ", and undefined for some values"
    ess = _known(run.ess, "the smallest effective sample size", f"{{:.0f}} in {run.n_draws} draws")
    energy = _known(run.ebfmi, "the smallest E-BFMI", "{:.2g}")
    depth = _known(run.saturated, "the share of draws cut off at the maximum tree depth", "{:.3g}")
    ending = {True: "every draw asked for was made", False: "the run ended early"}
    divergent = _divergent(run)
    return {
        "divergences_too_many": divergent,
        "divergences_benign": divergent,
        "chains_together": rhat,
        "max_rhat": rhat,
        "tree_depth_not_saturated": depth,
        "max_treedepth_fraction": depth,
        "energy_not_stuck": energy,
        "min_ebfmi": energy,
        "effective_share": ess,
        "min_ess": ess,
        "chains": _known(run.chains, "the number of chains", "{}"),
        "run_complete": ending.get(run.complete, "whether the run is complete is not known"),
        "chains_move": chains.stuck(sampling),
        "chains_level": chains.below(sampling, run),
        "nonfinite_draws": _known(run.n_nonfinite, "the number of drawn values that are not finite", "{}"),
    }


def _known(value: Any, what: str, form: str) -> str:
    return f"{what} is not known" if value is None else f"{what} is {form.format(value)}"


def _whose_rhat(sampling: Run) -> str:
    rows = [row for row in sampling.variables if finite(row.get("rhat_max"))]
    return f" ({max(rows, key=lambda row: row['rhat_max'])['name']})" if rows else ""


def _divergent(run: run_statistics.Figures) -> str:
    if run.divergences is None or not run.n_draws:
        return "the number of divergences is not known"
    share = f"{run.divergences} of {run.n_draws} draws diverge ({100 * run.divergences / run.n_draws:.3g} %)"
    if run.divergences == 0:
        return share
    return f"{share}; at least {100 * run.divergent_share:.2g} % at {100 * limit.CONFIDENCE:g} % confidence"


def _truth(record: Record, run: run_statistics.Figures) -> list[Check]:
    """Recovery counts only where the chains agree: before that it says nothing about the model."""
    agree = finite(run.rhat) and not run.rhat_partly and run.rhat <= limit.RHAT_MAX
    if "coverage_90" not in record.truth or not agree:
        return []
    coverage = record.truth["coverage_90"]
    share = f"{100 * coverage:.3g} %" if finite(coverage) else "an unknown share"
    note = f"{share} of the true values lie inside their 90 % intervals"
    return [at_least("truth_coverage", coverage, COVERAGE_90_MIN, note=note)]
