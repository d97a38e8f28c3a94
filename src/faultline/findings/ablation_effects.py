"""How much holding variables or dropping a factor helps, and what a prior costs: read from a record's ``apart``.

The search, the verdict, the picture and the report go by the same figures.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import median

from faultline.core.sections.ablation import Ablation
from faultline.core.sections.record import Record
from faultline.core.sections.run import Run
from faultline.core.sections.section import Row
from faultline.criteria import thresholds as limit

# Ratio of effective draws per gradient with a variable held to those without, from which holding it counts as helping. Fits
# that hold nothing differ by up to 3.5 where a model samples badly, and innocent variables give at most 2.
GAIN_HELPS = 4.0

# GAIN_HELPS for a model that passes in a longer run. Some variable always mixes slowest, and holding it gives up to 50 times as many
# effective draws per gradient in sound models (an autoregression over an area); what is written the wrong way gives 300 and more.
GAIN_BEYOND_DOUBT = 100.0

# Effective draws per draw below which a variable counts as one that samples badly; sound models show 0.2 and more.
MIXES_BADLY = 0.1

# R-hat of a fit of 4 x 1000 draws up to which holding counts as a cure.
CURED_RHAT = 1.05

# Log-probability per value that a prior costs, from which it is wrong if the model fails and the rest of the model puts the variable
# beyond anything that this prior allows. Two standard deviations are enough, because the rest takes a detour where there is one.
PRIOR_PULLS = 2.0

# How far beyond, in widths of the middle 90 % of the prior: a slip of units or of a precision gives hundreds.
UNEXPECTED_WIDTHS = 30.0

# And in widths of the middle 90 % of where the rest puts it: ten standard deviations. A variable that only its prior holds (along a
# ridge) stays below 0.6.
KNOWN_WIDTHS = 3.0


def held_gains(apart: Ablation) -> dict[tuple[str, ...], float]:
    """Per set of variables that was held: how many times more effective draws per gradient, over the places."""
    fits: dict[tuple[str, ...], list[Run]] = {}
    for fit in apart.conditions:
        if fit.held:
            fits.setdefault(fit.held, []).append(fit)
    gains = {names: typical_gain(apart, each) for names, each in fits.items()}
    return dict(sorted(gains.items(), key=lambda item: -item[1]))


def typical_gain(apart: Ablation, fits: Sequence[Run]) -> float:
    """Of one condition over its places: the median, or where chains agree by luck the least."""
    gains = [gain_of(apart, fit) for fit in fits]
    return min(gains) if _by_luck(controls(apart)) else median(gains)


def gain_of(apart: Ablation, fit: Run) -> float:
    """How many times more effective draws per gradient than the best fit that holds nothing; 0 where the chains disagree.

    The larger of two figures: of the worst value that is left, and of a variable that samples badly when nothing is held.
    Where the chains of most fits that hold nothing are in different places, as with several modes, a fit whose chains agree is luck
    and does not count.
    """
    nothing_held = controls(apart)
    if _by_luck(nothing_held):
        nothing_held = [control for control in nothing_held if not _agree(control)]
    if not nothing_held or not fit.ess_per_1000:
        return 0.0
    gains = [0.0]
    if _agree(fit):
        gains.append(fit.ess_per_1000 / max(control.ess_per_1000 for control in nothing_held))
    for name, figure in fit.by_variable.items():
        others = [control.by_variable[name] for control in nothing_held if name in control.by_variable]
        if not others or figure["rhat"] is None or figure["rhat"] > CURED_RHAT:
            continue
        if median(other["share"] for other in others) < MIXES_BADLY:
            gains.append(figure["per_1000"] / max(other["per_1000"] for other in others))
    return max(gains)


def controls(apart: Ablation) -> list[Run]:
    """The fits that hold nothing and have effective draws to compare with."""
    return [fit for fit in (*apart.controls, apart.base) if fit.ess_per_1000]


def _agree(fit: Run) -> bool:
    return (fit.max_rhat or 9.0) <= CURED_RHAT


def _by_luck(fits: Sequence[Run]) -> bool:
    """Whether most of these fits have chains in different places, and a fit whose chains agree had luck."""
    apart = sum((fit.max_rhat or 9.0) > limit.LONG_RHAT_APART for fit in fits)
    return any(map(_agree, fits)) and apart > len(fits) / 2


def surprise(row: Row) -> float:
    """Base-10 logarithm of the chance that any of a variable's values lies as far in the tail of its prior as the furthest does."""
    return min(row["log10_tail"] + math.log10(row["n"]), 0.0)


def _gained(row: Row) -> float:
    return row["gain"] if row["settled"] else row["gain_in_data"]


def prior_cost(apart: Ablation, row: Row) -> float:
    """What a prior costs the rest per value (log-probability): the data, and other priors too where the rest settles without it.

    Where the chains of the model as it stands are in different places, what leaving out any other prior gives, too, is not attributed to this prior.
    """
    found = _gained(row)
    others = [_gained(other) for other in apart.relaxed if other is not row]
    if others and (apart.base.max_rhat or 0.0) > limit.LONG_RHAT_APART:
        found -= max(min(others), 0.0)
    return found / row["size"]


def elsewhere(apart: Ablation, row: Row) -> bool:
    """Whether all the rest knows a variable to be where its prior would never have expected it, and fits worse where the prior has it."""
    prior = next((other.get("prior") for other in apart.conflict if other["name"] == row["name"]), None)
    if not (prior and prior[2] > prior[0] and row["settled"]):
        return False
    low, middle, high = row["without"]
    away = abs(middle - prior[1])
    return (
        away > UNEXPECTED_WIDTHS * (prior[2] - prior[0])
        and away > KNOWN_WIDTHS * (high - low)
        and prior_cost(apart, row) > PRIOR_PULLS
    )


def least_gain(record: Record) -> float:
    """The gain from which holding counts: a model that passes in a longer run is accused of a large one only."""
    well = any(check["name"] == "samples_well" and check["passed"] for check in record.checks)
    return GAIN_BEYOND_DOUBT if well else GAIN_HELPS
