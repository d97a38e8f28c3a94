"""What a pass rules out, with its size: the smallest faults that the same run would not have let pass."""

from __future__ import annotations

import math
from typing import Any

from scipy.optimize import brentq
from scipy.special import betaincinv
from scipy.stats import ncx2

from faultline.core.check import finite
from faultline.core.sections.record import Record
from faultline.criteria import run_statistics
from faultline.criteria import thresholds as limit
from faultline.criteria.run_statistics import Figures
from faultline.diagnosis.groups import Groups
from faultline.findings.finite_differences import FD_RELATIVE_ERROR
from faultline.findings.outcome import passed

# The chance with which a fault of the size that is named would have been noticed: 19 of 20 runs.
CHANCE = 0.95

# Shares of all starts that lead to a second mode: the one that is noticed most often, and one that mostly is not.
STARTS = (0.5, 0.1)


def caught(groups: Groups) -> list[dict[str, Any]]:
    """What would not have passed: of the largest model that was sampled, and of the gradient.

    Rows ``group``, ``fault``, ``size`` (a share of draws or of starts, standard deviations, a relative error), ``chance`` (None: certain,
    where it was looked for) and ``words``.
    """
    runs = [record for record in groups.of_kind("sampling") if passed(record)]
    run = max(runs, key=lambda record: (record.data.get("T") or 0, record.number), default=None)
    found = _of_a_run(run) if run else []
    for record in groups.of_kind("gradient"):
        checks = {check["name"]: check["passed"] for check in record.checks}
        if passed(record) and checks.get("finite_difference_error"):
            points = record.gradient.finite_differences.points
            words = f"a gradient that is off by {100 * FD_RELATIVE_ERROR:g} % or more, along the directions and at the {points} points tried"
            found.append(_row(record, "gradient", FD_RELATIVE_ERROR, None, words))
    return found


def _of_a_run(record: Record) -> list[dict[str, Any]]:
    run = run_statistics.read(record.judged_run)
    if not (run.n_draws and run.chains and run.chains > 1 and finite(run.ess)):
        return []
    share, apart = divergent_share(run.n_draws), chain_apart(run)
    diverging = f"divergences in {100 * share:.2g} % of the draws or more"
    alone = f"one of {run.chains} chains whose mean is off by {apart:.2g} posterior standard deviations or more, in any free variable"
    found = [
        _row(record, "divergences", share, CHANCE, diverging),
        _row(record, "chain_apart", apart, CHANCE, alone),
    ]
    for starts in STARTS:
        chance = 1 - starts**run.chains - (1 - starts) ** run.chains
        words = f"a second mode that draws {100 * starts:g} % of all starts, where no chain leaves its mode"
        found.append(_row(record, "second_mode", starts, chance, words))
    return found


def _row(record: Record, fault: str, size: float, chance: float | None, words: str) -> dict[str, Any]:
    return {"group": record.group, "fault": fault, "size": size, "chance": chance, "words": words}


def divergent_share(draws: int) -> float:
    """The smallest share of divergent draws with which a run of so many draws does not pass, with a chance of ``CHANCE``."""
    counts = range(1, draws + 1)
    least = next(
        k for k in counts if run_statistics.divergent_share_at_least(k, draws) > limit.BENIGN_DIVERGENT_SHARE
    )
    return float(betaincinv(least, draws - least + 1, CHANCE))


def chain_apart(run: Figures) -> float:
    """How far the mean of one chain is from the mean of the others, in standard deviations within chains, where R-hat is above its limit
    with a chance of ``CHANCE``.

    Split R-hat of M half-chains of n draws: with S the sum of the squared deviations of their means, its square is (n - 1) / n +
    S / (M - 1). Times the effective draws of a half-chain, S is noncentral chi-square with M - 1 degrees of freedom. Normal draws.
    """
    halves = 2 * run.chains
    effective = run.ess / halves
    n = run.n_draws / halves
    wanted = effective * (halves - 1) * (limit.RHAT_MAX**2 - (n - 1) / n)
    # Times the square of the distance: the noncentrality.
    moved = effective * 2 * (run.chains - 1) / run.chains

    def short(distance: float) -> float:
        return ncx2.sf(wanted, halves - 1, moved * distance**2) - CHANCE

    high = math.sqrt(wanted / moved) + 10 / math.sqrt(moved)
    return float(brentq(short, 1e-9, high)) if short(1e-9) < 0 else 0.0
