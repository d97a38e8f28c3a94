"""The groups that sample one configuration."""

from __future__ import annotations

from collections.abc import Sequence

from faultline.core.check import Check
from faultline.core.sections.record import Record
from faultline.criteria import run_statistics
from faultline.criteria import thresholds as limit
from faultline.diagnosis.kinds.build import of_the_start
from faultline.diagnosis.kinds.kind import Kind, said
from faultline.diagnosis.sizes import is_size
from faultline.findings import case_checks, chains, sampling
from faultline.findings.advice import has_remedy, mend
from faultline.findings.parts import components_on, core
from faultline.findings.words import quoted

_AT_START = {
    "finite_total",
    "finite_terms",
    "indices_in_bounds",
    "logp_deterministic",
    "term_evaluates",
    "start_in_domain",
    "positive_definite",
    "finite_gradient",
    "finite_nearby",
}

# For each check of a run that failed, what to try, in the order in which it helps.
_FOR_RUNS = {
    "energy_not_stuck": "an E-BFMI this low is typical of a funnel, so use a non-centered parameterization for the values that a "
    "scale governs (centered where the data are rich), or keep the scale's prior away from 0",
    "divergences_too_many": "reparameterize these variables to remove the narrow regions, because a higher target_accept only "
    "hides them",
    "tree_depth_not_saturated": "bring these variables to similar scales and remove strong correlations between them{gradient}",
    "chains_together": "check in the trace plot whether the chains sit in different places (modes, a bad start) or mix slowly",
    "effective_share": "remove strong correlations between these variables",
}

# Remedies for a run, at most: where the first is right the others are often not.
MOST_REMEDIES = 2


class Sampling(Kind):
    """A run of the sampler."""

    is_a_run = True
    gradient = ", once the gradient group has cleared their gradient"
    """What a remedy waits for; empty where there is no gradient to look at."""

    def checks(self, record: Record) -> list[Check]:
        return sampling.checks(record)

    def measured(self, record: Record) -> bool:
        return bool(record.sampling)

    def subject(self, record: Record) -> str:
        return f"sampling with {_switched_on(record)}"

    def meaning(self, record: Record, guilty: Sequence[Check]) -> str:
        names = {check.name for check in guilty}
        if names == {"data_all_read"}:
            return of_the_start(guilty)
        if names & _AT_START:
            return f"{of_the_start(guilty)} The start itself is broken, so what the sampler does says nothing about the geometry."
        if names == {"truth_coverage"}:
            return (
                "The chains agree with each other but not with the truth: the sampler worked, but the model is not the one that "
                "generated the data. Look for data or priors that do not fit, or for a wrong density."
            )
        sentences = []
        if "chains_together" in names:
            sentences.append(
                "The chains disagree: their draws do not describe one distribution, however few of them diverge."
            )
        return " ".join([*sentences, self.place(record)])

    def place(self, record: Record) -> str:
        """The decision rule for the configuration of a sampling group that fails."""
        if is_size(record):
            return "The smaller sizes decide whether size makes the difference: if they pass, the problem is scaling or identifiability."
        if not record.asked.components:
            return "The group that tests the model part by part looks for the part that makes it fail."
        if not components_on(record):
            return (
                "Only the core of the model is switched on, so its own parameterization is already ill-conditioned, "
                "unless the gradient group finds its gradient wrong."
            )
        return (
            "The groups with less switched on decide whether a component that is on here makes the difference: if they pass, "
            f"look at {case_checks.where_to_look(record)}; if they fail too, this group says nothing about that component."
        )

    def limits_of_a_pass(self, record: Record) -> str:
        frames = record.data.get("T")
        at = f" with {frames} frames" if frames else ""
        shows = f"That shows that this configuration samples{at}; it"
        if record.asked.cut:
            return f"{shows} shows neither that the model is right nor that it samples at full size."
        return f"{shows} does not show that the model is right."

    def accused(self, record: Record, guilty: Sequence[Check]) -> str | None:
        if names := super().accused(record, guilty):
            return names
        on = components_on(record)
        if not on:
            return core(record)
        by_probe = any(check.name in case_checks.names(record) for check in guilty)
        return next(iter(on)) if len(on) == 1 and by_probe else None

    def mend(self, record: Record, checks: Sequence[Check], guilty: Sequence[Check]) -> list[str]:
        names, run = {check.name for check in guilty}, record.judged_run
        steps = mend([check for check in guilty if has_remedy(check.name)], record)
        steps += chains.advice(run, run_statistics.read(run), checks)
        if far := [
            check.names[0] for check in checks if check.name == "prior_agrees" and check.role == "remark"
        ]:
            steps.append(
                f"Compare the values of {quoted(far)} with their priors before you trust any of them."
            )
        if names & case_checks.names(record):
            steps.append(
                f"First fix what the probe of this group found: look at {case_checks.where_to_look(record)}."
            )
        if "truth_coverage" in names:
            steps.append(
                "Compare the model with how the data were made: noise, outliers, priors, and terms counted twice."
            )
        if (run_statistics.read(run).rhat or 0) > limit.SHORT_RHAT_APART:
            # Chains on their way to each other: their energy changes with where they are, funnel or not.
            names.discard("energy_not_stuck")
        if discrete := record.model.discrete:
            # A low E-BFMI is no mark of a funnel where the energy moves with variables that NUTS does not.
            names -= {"energy_not_stuck", "effective_share"}
            steps.append(f"First suspect the steps that update {quoted(discrete)}, which use no gradient.")
        remedies = [
            words.format(gradient=self.gradient) for name, words in _FOR_RUNS.items() if name in names
        ]
        if remedies:  # the first ones have the most to go by
            worst = sampling.worst_variables(run)
            variables = " and ".join(f"`{name}` ({reason})" for name, reason in worst)
            steps.append(
                f"Begin with {variables or 'the core variables'}: {'; '.join(remedies[:MOST_REMEDIES])}."
            )
        return steps

    def decide(self, record: Record, checks: Sequence[Check]) -> str:
        n_draws = record.judged_run.n_draws
        known = "an unknown number of" if n_draws is None else n_draws
        more = (
            f"More draws are needed: the run that was judged has {known}, so raise sampler.extended.draws and tune, and the time limit "
            "with them."
        )
        unknown = [check for check in checks if check.role == "standard" and check.value is None]
        if unknown:
            more += (
                f" Some figures are missing: {said(unknown)}. If they stay so, look for chains stuck at one value and for values that are "
                "not finite."
            )
        return more


def _switched_on(record: Record) -> str:
    components = record.asked.components
    on = [name for name in components if components[name]]
    if not on:
        return "every component off" if components else "the whole model, which has no components"
    return " and ".join(f"`{name}`" for name in on) + " on"
