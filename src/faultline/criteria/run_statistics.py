"""What the statistics of one sampling run decide, without a word about it.

The worker asks ``sample_on`` which run is wanted next; the verdict asks the same functions, so that both agree.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from scipy.special import betaincinv

from faultline.core.check import Check, at_least, at_most, equals, finite
from faultline.core.record import CONFIRM, EXTENDED
from faultline.core.sections.run import Run
from faultline.criteria import thresholds as limit

if TYPE_CHECKING:
    from faultline.core.sections.ablation import Ablation


@dataclass(frozen=True)
class Figures:
    """The statistics of one run that decide; each is None where it is not known.

    ``rhat``, ``ess`` and ``ebfmi`` are the worst over all that are known, and ``*_partly`` says that some are not.
    ``movement`` is that of the chain that moves least; ``drop`` how far the lowest chain ends below the best log-probability
    known: that of another chain, or at the start.
    """

    chains: int | None
    n_draws: int | None
    divergences: int | None
    rhat: float | None
    rhat_partly: bool
    ess: float | None
    ess_partly: bool
    ebfmi: float | None
    ebfmi_partly: bool
    saturated: float | None
    complete: bool | None
    n_nonfinite: int | None
    n_values: int | None = None
    movement: float | None = None
    drop: float | None = None

    @property
    def long(self) -> bool:
        """Whether the run is long enough to fail a model by R-hat, E-BFMI and efficiency."""
        return bool(self.chains and self.n_draws) and self.n_draws / self.chains >= limit.LONG_RUN_DRAWS

    @property
    def tiny(self) -> bool:
        """Whether the run is too short for R-hat to prove anything."""
        return bool(self.chains and self.n_draws) and self.n_draws / self.chains < limit.TINY_RUN_DRAWS

    @property
    def divergent_share(self) -> float | None:
        """The least share of divergent draws that the count allows."""
        if not (finite(self.divergences) and self.n_draws):
            return None
        return divergent_share_at_least(self.divergences, self.n_draws)


def divergent_share_at_least(divergences: int, draws: int) -> float:
    """Lower Clopper-Pearson bound of the divergent share, one-sided at ``thresholds.CONFIDENCE``."""
    if divergences == 0:
        return 0.0
    return float(betaincinv(divergences, draws - divergences + 1, 1 - limit.CONFIDENCE))


def read(sampling: Run | Mapping[str, Any]) -> Figures:
    """The deciding statistics of a record's ``sampling`` or ``sampling_extended``."""
    run = Run.of(sampling)
    undefined = any(v.get("n_undefined") for v in run.variables)
    variables = [v for v in run.variables if not v.get("n_determined") or v["n_determined"] < v["size"]]
    rhats = [run.max_rhat, *(v.get("rhat_max") for v in variables)]
    esses = [run.min_ess, *(v.get(key) for v in variables for key in ("ess_bulk_min", "ess_tail_min"))]
    energies = [run.min_ebfmi, *run.ebfmi]
    return Figures(
        chains=_number(run.chains),
        n_draws=_number(run.n_draws),
        divergences=_number(run.divergences),
        rhat=_worst(max, rhats),
        rhat_partly=undefined or not all(map(finite, rhats)),
        ess=_worst(min, esses),
        ess_partly=undefined or not all(map(finite, esses)),
        ebfmi=_worst(min, energies),
        ebfmi_partly=not all(map(finite, energies)),
        saturated=_number(run.max_treedepth_fraction),
        complete=run.complete,
        n_nonfinite=_number(run.n_nonfinite),
        n_values=sum(v.get("size") or 0 for v in run.variables) or None,
        movement=_worst(min, [row["moves"] for row in run.chains_movement if row]),
        drop=_drop(run),
    )


def faults(run: Figures) -> list[Check]:
    """What proves a failure when False. A short run proves less than a long one."""
    divergent = limit.LONG_DIVERGENT_SHARE if run.long else limit.SHORT_DIVERGENT_SHARE
    found = [at_most("divergences_too_many", run.divergent_share, divergent, cause_class="a")]
    if not run.tiny:
        about: dict[str, Any] = {"partly_unknown": run.rhat_partly, "cause_class": "a"}
        found += [at_most("chains_together", run.rhat, _apart(run), **about), _saturation(run)]
    if run.long:
        about = {"partly_unknown": run.ebfmi_partly, "cause_class": "a"}
        found.append(at_least("energy_not_stuck", run.ebfmi, limit.EBFMI_FAILS, **about))
    if run.long and run.n_draws >= limit.FULL_RUN_DRAWS:
        share = run.ess / run.n_draws if finite(run.ess) else None
        about = {"partly_unknown": run.ess_partly, "cause_class": "a"}
        found.append(at_least("effective_share", share, limit.EFFICIENCY_FAILS, **about))
    return found


def standards(run: Figures) -> list[Check]:
    """What a pass needs."""
    about: dict[str, Any] = {"role": "standard", "cause_class": "a"}
    return [
        at_most("max_rhat", run.rhat, limit.RHAT_MAX, partly_unknown=run.rhat_partly, **about),
        at_least("min_ess", run.ess, limit.ESS_MIN, partly_unknown=run.ess_partly, **about),
        at_least("min_ebfmi", run.ebfmi, limit.EBFMI_MIN, partly_unknown=run.ebfmi_partly, **about),
        at_most("divergences_benign", run.divergent_share, limit.BENIGN_DIVERGENT_SHARE, **about),
        at_most("max_treedepth_fraction", run.saturated, limit.MAX_TREEDEPTH_SHARE, **about),
        at_least("chains", run.chains, limit.CHAINS_MIN, role="standard"),
        equals("run_complete", run.complete, True, role="standard"),
        equals("nonfinite_draws", run.n_nonfinite, 0, role="standard"),
        *_chains_in_place(run),
    ]


def far_below(n_values: int) -> float:
    """How much lower one chain's log-probability may be than another's: of `n_values` free values."""
    return limit.BELOW_PER_VALUE * n_values + limit.BELOW_SPREADS * math.sqrt(n_values / 2)


def _chains_in_place(run: Figures) -> list[Check]:
    """Chains that hardly move, and chains in a place of next to no probability: where that was measured.

    Chains that agree are where the posterior is, however much higher the density is at its mode.
    """
    about: dict[str, Any] = {"role": "standard", "cause_class": "a"}
    found = []
    if run.movement is not None and not run.tiny:
        found.append(at_least("chains_move", run.movement, limit.STUCK_MOVEMENT, **about))
    agree = finite(run.rhat) and not run.rhat_partly and run.rhat <= limit.RHAT_MAX
    if run.drop is not None and run.n_values and not run.tiny and not agree:
        found.append(at_most("chains_level", run.drop, far_below(run.n_values), **about))
    return found


def sample_on(sampling: Run | Mapping[str, Any]) -> tuple[str, str] | None:
    """Which longer run is wanted after this one, and why; None after a pass, and where a long run failed.

    A short run that fails may have been tuned for too short a time, and its few draws say little of where and why.
    """
    run = read(sampling)
    found = [*faults(run), *standards(run)]
    failed = [check for check in found if check.role == "fault" and check.passed is False]
    if failed:
        return None if run.long else (CONFIRM, "; ".join(map(_shortfall, failed)))
    undecided = [check for check in found if check.passed is not True]
    return (EXTENDED, "; ".join(map(_shortfall, undecided))) if undecided else None


def undecided(sampling: Run | Mapping[str, Any]) -> bool:
    """Whether a run neither passes nor proves a failure."""
    run = read(sampling)
    found = [*faults(run), *standards(run)]
    failed = any(check.role == "fault" and check.passed is False for check in found)
    return not failed and any(check.passed is not True for check in found)


def passes(sampling: Run | Mapping[str, Any]) -> bool:
    """Whether a run passes all that is asked of one."""
    run = read(sampling)
    return all(check.passed is True for check in [*faults(run), *standards(run)])


def _apart(run: Figures) -> float:
    """The largest R-hat of chains in one place."""
    if not run.long:
        return limit.SHORT_RHAT_APART
    fewer = max(limit.FULL_RUN_DRAWS / run.n_draws, 1.0)
    return min(1 + (limit.LONG_RHAT_APART - 1) * fewer, limit.SHORT_RHAT_APART)


def _saturation(run: Figures) -> Check:
    """Saturated trees fail a long run; a short one only together with chains that disagree."""
    check = at_most("tree_depth_not_saturated", run.saturated, limit.SATURATED_SHARE, cause_class="a")
    if check.passed is False and not run.long and not (finite(run.rhat) and run.rhat > limit.SATURATED_RHAT):
        return Check(**{**vars(check), "passed": None})
    return check


_MEASURED = {
    "divergences_too_many": "the share of divergent draws",
    "divergences_benign": "the share of divergent draws",
    "chains_together": "R-hat",
    "max_rhat": "R-hat",
    "tree_depth_not_saturated": "the share of draws at the largest tree depth",
    "max_treedepth_fraction": "the share of draws at the largest tree depth",
    "energy_not_stuck": "E-BFMI",
    "min_ebfmi": "E-BFMI",
    "effective_share": "the share of effective draws",
    "min_ess": "the effective sample size",
    "chains": "the number of chains",
    "nonfinite_draws": "the number of draws that are not finite",
    "chains_move": "the movement of the slowest chain",
    "chains_level": "the difference in log-probability between chains",
}
"""What a check of a run measures, in words."""


def _shortfall(check: Check) -> str:
    if check.name == "run_complete":
        return "the run was cut short"
    what = _MEASURED[check.name]
    if check.value is None:
        return f"{what} is unknown"
    met = {"<=": check.value <= check.threshold, ">=": check.value >= check.threshold, "==": False}[
        check.comparison
    ]
    if met:
        return f"{what} is known only in part"
    wanted = {"<=": "at most", ">=": "at least", "==": "exactly"}[check.comparison]
    return f"{what} is {check.value:.3g}, wanted {wanted} {check.threshold:g}"


def _drop(run: Run) -> float | None:
    ends = [value for value in run.chains_logp_end if finite(value)]
    known = [*ends, *filter(finite, [run.start_logp])]
    return max(known) - min(ends) if ends and len(known) > 1 else None


def _number(value: Any) -> Any:
    return value if finite(value) else None


def judged_section(record: Mapping[str, Any]) -> str:
    """The section of a record that holds its ``judged_run``."""
    longer, first = Run.of(record.get("sampling_extended")), Run.of(record.get("sampling"))
    return "sampling_extended" if longer.outlasts(first) else "sampling"


def _worst(pick: Any, values: Iterable[Any]) -> float | None:
    known = [value for value in values if finite(value)]
    return pick(known) if known else None


def in_modes(apart: Ablation) -> bool:
    """Whether the chains are in different places with a valley between them: along a ridge they are apart without one."""
    return apart.modes.places > 1 and (apart.modes.valley or 0.0) > limit.VALLEY
