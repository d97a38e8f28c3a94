"""Priors that disagree with what a run's draws say, where no group takes the model apart to find out why."""

from __future__ import annotations

from faultline.core.check import Check, at_most, finite
from faultline.core.sections.record import Record
from faultline.core.sections.section import Row
from faultline.criteria import thresholds as limit
from faultline.criteria.run_statistics import Figures
from faultline.engine.names import element_of
from faultline.findings.ablation_effects import CURED_RHAT, surprise
from faultline.findings.words import Advice

# Logarithm (base 10) of the tail probability of the prior where the posterior lies, below which prior and data conflict: six
# standard deviations of a normal prior, too. Sound models stay above -2.
CONFLICT_FAILS = -9.0


def checks(record: Record, run: Figures) -> list[Check]:
    """One for each variable that lies far out in a tail of its prior.

    A fault where the chains agree and the model has components. A model without any is taken apart, which knows more of
    its priors; and where chains that disagree lie says little: both are remarks.
    """
    sampled = record.judged_run
    rows = [row for row in sampled.priors if finite(row.get("log10_tail"))]
    rhat = {row["name"]: row.get("rhat_max") for row in sampled.variables}
    agree = finite(run.rhat) and not run.rhat_partly and run.rhat <= limit.RHAT_MAX
    decides = agree and bool(record.asked.components)
    return [
        at_most(
            "prior_agrees",
            -surprise(row),
            -CONFLICT_FAILS,
            role="fault" if decides else "remark",
            cause_class="b",
            names=(row["name"],),
            note=_note(row, rhat.get(row["name"])),
        )
        for row in sorted(rows, key=surprise)
        if surprise(row) < CONFLICT_FAILS
    ]


def _note(row: Row, rhat: float | None) -> str:
    mean, sd = row.get("posterior_mean", row["posterior_median"]), row["posterior_sd"]
    prior = ""
    if row.get("prior"):
        low, _, high = row["prior"]
        prior = f" (90 % of it between {low:.3g} and {high:.3g})"
    note = (
        f"the draws put {element_of(row)} at {mean:.4g} (sd {sd:.2g}), far out in a tail of its prior{prior}: either the prior "
        "conflicts with the data (units, a scale for a precision), or a term that should constrain it is missing (a normalizing constant)"
    )
    if finite(rhat) and rhat > CURED_RHAT:
        note += f"; but the chains do not yet agree on its value (R-hat {rhat:.3g})"
    return note


# --- What to do --------------------------------------------------------------------------------------------------


ADVICE: Advice = {
    "prior_agrees": "Compare the units of the data with the prior of {names}, and fix whichever is wrong.",
}
