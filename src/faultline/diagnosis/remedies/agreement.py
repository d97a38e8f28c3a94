"""Whether changes that cure lead to the same posterior.

A rewrite that is proved equivalent has the model's posterior. A change of the settings has it as well, if its runs reach all of it: chains
that agree with each other may have missed the same part.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import NormalDist
from typing import Any

import numpy as np

# Share of agreeing posteriors that are said to differ, over all quantities of a model together.
ALPHA = 0.01

# Kinds of steps after which a variable is named by another arrangement of its labels or signs: its means are other ones.
REARRANGED = ("ordered", "signs", "half_turn")


def agreement(row: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any] | None:
    """How far the posterior means of two changes are apart, by their fresh runs; None where that cannot be said.

    ``largest``: the largest difference of two means, in posterior standard deviations; ``name``: the quantity; ``seen``: the
    smallest difference that would have been called one; ``agrees``: whether none is. The effective draws of each quantity are taken to be
    those of the worst one, so a difference is rather missed than invented.
    """
    draws = [sum(run["min_ess"] or 0.0 for run in each["runs"][1:]) for each in (row, other)]
    theirs = {quantity["name"]: quantity for quantity in other["quantities"]}
    pairs = [(each, theirs[each["name"]]) for each in row["quantities"] if each["name"] in theirs]
    pairs = [pair for pair in pairs if pair[0]["shape"] == pair[1]["shape"]]
    if not pairs or min(draws) <= 0 or any(_rearranged(each) for each in (row, other)):
        return None
    moved = [_moved(one, another) for one, another in pairs]
    error = float(np.sqrt(sum(1 / n for n in draws)))
    n = sum(each.size for each in moved)
    seen = NormalDist().inv_cdf(1 - ALPHA / (2 * n)) * error
    worst = max(range(len(pairs)), key=lambda at: moved[at].max(initial=0.0))
    largest = float(moved[worst].max(initial=0.0))
    return {"largest": largest, "name": pairs[worst][0]["name"], "seen": seen, "agrees": largest <= seen}


def _rearranged(row: Mapping[str, Any]) -> bool:
    return any(step["kind"] in REARRANGED for step in row["steps"])


def _moved(one: Mapping[str, Any], other: Mapping[str, Any]) -> np.ndarray:
    """Differences of the means of a quantity's elements, in posterior standard deviations; 0 of what does not vary."""
    sd = np.maximum(one["sd"], other["sd"])
    difference = np.abs(np.subtract(one["mean"], other["mean"]))
    return np.divide(difference, sd, out=np.zeros_like(difference), where=sd > 0)


def compared(tried: Sequence[dict[str, Any]], cures: str, helps: str) -> list[dict[str, Any]]:
    """The rows, those that cure each with their ``agreement`` with the equivalent rewrite that cures with the most effective draws.

    A change of settings whose posterior is another one does not reach all of the model's: it only helps.
    """
    proved = [
        at for at, row in enumerate(tried) if row["outcome"] == cures and row["equivalent"] and row["steps"]
    ]
    if not proved:
        return [{**row, "agreement": None} for row in tried]
    best = max(proved, key=lambda at: sum(run["min_ess"] or 0.0 for run in tried[at]["runs"][1:]))
    found = []
    for at, row in enumerate(tried):
        said = agreement(row, tried[best]) if at != best and row["outcome"] == cures else None
        only_helps = said is not None and not said["agrees"] and not row["steps"]
        outcome = helps if only_helps else row["outcome"]
        found.append({**row, "outcome": outcome, "agreement": said and {**said, "with": best}})
    return found
