"""What trials of a model compare: divergences, agreement of chains, energy, and effective draws for the work."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from faultline.criteria import thresholds as limit
from faultline.criteria.trials.runs import Criterion

# Two runs of one model differ in their effective draws per gradient evaluation by less than this factor, given in powers of 2.
SAME_EFFICIENCY = 1.0

# Two runs of one model differ less in their E-BFMI: its standard error is about 0.05 with the energies of a thousand draws.
SAME_EBFMI = 0.1

CRITERIA = (
    Criterion("divergences", "lower", limit.BENIGN_DIVERGENT_SHARE),
    Criterion("rhat", "lower", limit.RHAT_MAX - 1),
    Criterion("ebfmi", "higher", SAME_EBFMI),
    Criterion("efficiency", "higher", SAME_EFFICIENCY),
    Criterion("samples_well"),
)
"""In the order in which a failure is told. ``efficiency`` is the base-2 logarithm of the ESS per 1000 gradient evaluations."""
_OF = {
    "divergences": ("divergences_too_many", "divergences_benign"),
    "rhat": ("chains_together", "max_rhat"),
    "ebfmi": ("energy_not_stuck", "min_ebfmi"),
    "efficiency": ("effective_share", "min_ess"),
}
"""Criterion -> the check that proves a failure, and the one that a pass needs."""


def readings(figures: Mapping[str, Any], digest: str | None, is_finite: bool) -> dict[str, dict[str, Any]]:
    """What one run reads for each criterion, as JSON has it.

    Parameters
    ----------
    figures
        The statistics of the run, as a record's ``sampling``.
    digest
        Of its draws.
    is_finite
        Whether these are.
    """
    from faultline.criteria.run_statistics import faults, read, standards

    run = read(figures)
    every = [*faults(run), *standards(run)]
    passed = {check.name: check.passed for check in every}
    gradients = (run.n_draws or 0) * (figures.get("n_steps_mean") or 0)
    worth = 1000 * run.ess / gradients if run.ess and gradients else None
    values = {
        "divergences": run.divergences / run.n_draws if run.n_draws and run.divergences is not None else None,
        "rhat": run.rhat,
        "ebfmi": run.ebfmi,
        "efficiency": math.log2(worth) if worth else None,
    }
    found = {name: _decided(passed.get(fault), passed.get(needed)) for name, (fault, needed) in _OF.items()}
    faulty = any(check.role == "fault" and check.passed is False for check in every)
    found["samples_well"] = False if faulty else all(check.passed is True for check in every) or None
    return {
        name: {"passed": found[name], "value": values.get(name), "digest": digest, "finite": is_finite}
        for name in found
    }


def _decided(fault: bool | None, needed: bool | None) -> bool | None:
    """False where a fault is proved, True where what a pass needs holds, else None."""
    return False if fault is False else True if needed is True else None
