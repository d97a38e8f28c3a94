"""What a model with discrete variables says against the steps that move them."""

from __future__ import annotations

from faultline.core.check import finite
from faultline.core.sections.ablation import Ablation
from faultline.core.sections.run import Run
from faultline.criteria import run_statistics
from faultline.criteria import thresholds as limit
from faultline.findings.finding import SCORE_LADDER, Finding
from faultline.findings.words import Advice

# Discrete variables that are named, those first whose chains disagree most.
NAMED = 3


def rest_samples_well(apart: Ablation) -> bool:
    """Whether NUTS samples the rest well wherever the discrete variables were held."""
    return bool(apart.discrete_held) and all(map(run_statistics.passes, apart.discrete_held))


def steps(apart: Ablation) -> list[Finding]:
    """The steps of the discrete variables, where the model samples badly with them and its rest well without."""
    run, rhat = apart.whole, apart.whole.max_rhat
    if not rest_samples_well(apart) or not (finite(rhat) and rhat > limit.RHAT_MAX):
        return []
    names, rest = _worst(apart, run), max(apart.discrete_held, key=lambda fit: fit.max_rhat)
    held = "it" if len(names) == 1 else "them"
    if len(apart.discrete) > len(names):
        held = "all discrete variables"
    note = (
        f"PyMC updates {' and '.join(names)} with steps that use no gradient, and the chains disagree (R-hat {rhat:.4g}, {_draws(run)}); "
        f"with {held} held at typical draws, NUTS samples the rest well (R-hat {rest.max_rhat:.4g}, {_draws(rest)})"
    )
    return [Finding("discrete_steps", names, "a", SCORE_LADDER, rhat, limit.RHAT_MAX, note)]


def _worst(apart: Ablation, run: Run) -> tuple[str, ...]:
    """Discrete variables whose chains disagree, or all of them where only what depends on them shows it."""
    rows = [row for row in run.variables if row["name"] in apart.discrete]
    known = sorted((row for row in rows if finite(row["rhat_max"])), key=lambda row: -row["rhat_max"])
    apart_ = [row["name"] for row in known if row["rhat_max"] > limit.RHAT_MAX]
    return tuple((apart_ or apart.discrete)[:NAMED])


def _draws(run: Run) -> str:
    return f"{run.min_ess:,.0f} effective draws of {run.n_draws:,}"


# --- What to do --------------------------------------------------------------------------------------------------


ADVICE: Advice = {
    "discrete_steps": "Marginalize {names} out of the model, so that NUTS can sample all that is left: use pm.Mixture for a variable with "
    "few values (pymc-extras can do so automatically), and for a count the logsumexp of the terms up to a bound that it cannot reach.",
}
