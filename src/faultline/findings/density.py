"""What a model taken apart says against its density: priors that contradict the data, likelihoods that are no densities, and
densities without a posterior.
"""

from __future__ import annotations

import math

from faultline.core.check import finite
from faultline.core.sections.ablation import Ablation
from faultline.core.sections.section import Row
from faultline.criteria import thresholds as limit
from faultline.engine.names import element_of
from faultline.findings.ablation_effects import PRIOR_PULLS, elsewhere, prior_cost, surprise
from faultline.findings.finding import SCORE_EXPLAINS, SCORE_WARNING, Finding
from faultline.findings.priors import CONFLICT_FAILS
from faultline.findings.words import Advice

# Log-probability per value that a prior costs the rest of the model, from which prior and data conflict: six standard
# deviations of a normal prior. Priors that agree with their data cost a few.
PRIOR_COSTS = 18.0

# Logarithm (base 10) of the tail probability of the prior where the posterior lies, below which that is worth a remark.
CONFLICT_REMARK = -2.0


def conflicts(apart: Ablation, samples_well: bool) -> list[Finding]:
    """Priors that contradict the data, and those that did not expect them."""
    rows = [row for row in apart.conflict if finite(row.get("log10_tail"))]
    # Of priors that pull at each other, the one without which all the rest fits best.
    found = [_costs(apart, row) for row in apart.relaxed if _is_costly(apart, row)][:1]
    if not found and not samples_well:
        found = [_holds(apart, row) for row in apart.relaxed if elsewhere(apart, row)][:1]
    names = {name for finding in found for name in finding.names}
    # What another prior costs the model may put a variable in a tail of its own: then that one comes first.
    remarks = [row for row in rows if surprise(row) < CONFLICT_REMARK and row["name"] not in names]
    return found + [_conflict(row, fails=not found and samples_well) for row in remarks]


def _is_costly(apart: Ablation, row: Row) -> bool:
    return prior_cost(apart, row) > PRIOR_COSTS or _no_density(row)


def _no_density(row: Row) -> bool:
    """Whether a potential rewards a variable for running away, and does not integrate to the same value as it does."""
    return bool(row["runs_away"] and (row.get("change_of_integral") or 0.0) > limit.INTEGRAL_CHANGES)


def _holds(apart: Ablation, row: Row) -> Finding:
    value = prior_cost(apart, row)
    low, middle, high = next(other["prior"] for other in apart.conflict if other["name"] == row["name"])
    note = (
        f"the prior of {row['name']} (90 % of it between {low:.3g} and {high:.3g}) keeps it at {middle:.3g}; without that prior the "
        f"log-density of the rest of the model increases by {row['gain']:.3g}, and the rest puts it at {row['without'][1]:.4g}"
    )
    return Finding("prior_agrees", (row["name"],), "b", SCORE_EXPLAINS, value, PRIOR_PULLS, note)


def _costs(apart: Ablation, row: Row) -> Finding:
    value, least = prior_cost(apart, row), PRIOR_COSTS
    if row["runs_away"] and row["potential"]:
        note = (
            f"only its prior keeps {row['name']} from drifting off without limit, and {row['factor']} gains {row['gain']:.4g} in log-probability "
            f"as it does: {row['factor']} lacks the term that would make it a density (a normalizing constant, a Jacobian)"
        )
        return Finding("density_normalised", (row["factor"],), "c", SCORE_EXPLAINS, value, least, note)
    note = (
        f"without the prior of {row['name']}{' and its bounds' if row['bounded'] else ''} the log-density of the rest of the model increases "
        f"by {row['gain']:.4g}: that prior conflicts with the data"
    )
    return Finding("prior_agrees", (row["name"],), "b", SCORE_EXPLAINS, value, least, note)


def _conflict(row: Row, fails: bool) -> Finding:
    note = f"the data put {element_of(row)} at {row['posterior_median']:.4g}, in a tail of its prior with probability 1e{row['log10_tail']:.0f}"
    if row["n"] > 1:
        note += f" (the most extreme of {row['n']:,} values)"
    tail = surprise(row)
    if fails and tail < CONFLICT_FAILS:
        about = (
            SCORE_EXPLAINS,
            -tail,
            -CONFLICT_FAILS,
            f"{note}: that prior conflicts with the data",
        )
        return Finding("prior_agrees", (row["name"],), "b", *about)
    return Finding("prior_expects", (row["name"],), "b", SCORE_WARNING, tail, CONFLICT_REMARK, note)


def unnormalised(apart: Ablation) -> list[Finding]:
    """Likelihoods of a user's own that are no densities of their data."""
    found = []
    for row in apart.custom_distributions:
        note = (
            f"the integral of {row['name']} over its data changes by a factor of {math.exp(row['change']):.3g} or more as {row['variable']} moves: "
            f"it lacks a term that would make it a density (a normalizing constant)"
        )
        found.append(_unnormalised(row["name"], row["change"], note))
    for row in apart.custom_counts:
        note = (
            f"the probabilities that {row['name']} assigns to the counts do not have the same sum for all parameters, whatever the "
            f"weights: the sum changes by a factor of {math.exp(row['change']):.3g} or more, so a normalizing term is missing"
        )
        found.append(_unnormalised(row["name"], row["change"], note))
    for row in apart.outside_sums:
        note = (
            f"a term of {row['name']} is outside the sum over the data, so it counts once for all of them: inside the sum it would "
            "make every datum's term a density, and as written none of them is"
        )
        if row["inside"] < limit.INTEGRAL_CHANGES:
            found.append(_unnormalised(row["name"], row["as_written"], note))
    for row in apart.warped:
        note = (
            f"{row['name']} is a density of a function of its data and {' and '.join(row['variables'])}, not of the data: the log-Jacobian "
            f"of that function, which changes by {row['slope']:.3g} between parameters, is missing"
        )
        if (
            min(row["uneven"], row["width"]) > limit.WARPED_CHANGES
            and row["over_function"] < limit.INTEGRAL_CHANGES
        ):
            found.append(_unnormalised(row["name"], row["slope"], note))
    for row in apart.between_observed:
        note = (
            f"{row['name']} ties {' and '.join(row['observed'])}, and their joint integral over the data changes by a "
            f"factor of {math.exp(row['change']):.3g} or more as {row['variable']} moves: {row['name']} lacks a term that would make it a "
            "density (a normalizing constant)"
        )
        found.append(_unnormalised(row["name"], row["change"], note))
    return [finding for finding in found if finding.value > limit.INTEGRAL_CHANGES]


def _unnormalised(name: str, change: float, note: str) -> Finding:
    return Finding("density_normalised", (name,), "c", SCORE_EXPLAINS, change, limit.INTEGRAL_CHANGES, note)


def endless(apart: Ablation) -> list[Finding]:
    """Variables with a flat prior that the data do not hold: the posterior does not exist."""
    if not apart.endless:
        return []
    row = apart.endless[0]
    names = tuple(row["names"])
    far = row["distances"][-1]
    where = f"at exp({far:.0f}) times its value at" if row["logarithm"] else f"{far:.0e} away from"
    note = (
        f"nothing constrains {' and '.join(names)}: {where} a draw the log-probability has changed by "
        f"{row['profile'][-1]:.2g} and does not fall off, and the prior is flat, so the posterior is improper"
    )
    about = (SCORE_EXPLAINS, row["fall"], limit.FALLS_OFF, note)
    return [Finding("posterior_integrates", names, "b", *about)]


def unbounded(apart: Ablation) -> list[Finding]:
    """A density that keeps rising far away: the posterior does not exist."""
    rows = [row for row in apart.far if row["rise"] > limit.RISES]
    if not rows:
        return []
    row = rows[0]
    cause = "b" if row["kind"] == "observed" else "c"
    note = (
        f"the log-probability rises by {row['rise']:.3g} as {row['variable']} moves out to 1e{row['decades']} standard deviations, because of "
        f"{row['factor']}: there is no proper posterior"
    )
    return [
        Finding("posterior_exists", (row["factor"],), cause, SCORE_EXPLAINS, row["rise"], limit.RISES, note)
    ]


# --- What to do --------------------------------------------------------------------------------------------------


ADVICE: Advice = {
    "density_normalised": "Add to {names} the missing term that depends on the parameters (such as -log(scale) or a log-Jacobian, once for every datum).",
    "posterior_integrates": "Give {names} a proper prior on the scale of plausible values (Normal instead of Flat; for a scale "
    "parameter a prior on the scale itself, such as HalfNormal), or remove what the data cannot identify.",
    "posterior_exists": "Look for a lost sign in {names}, for data without any variation, and for a missing prior.",
}
