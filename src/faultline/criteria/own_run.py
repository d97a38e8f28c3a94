"""What a run with a user's own arguments is held against."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from faultline.core.check import Check
from faultline.core.sections.run import Run
from faultline.criteria import run_statistics

# What PyMC does where nothing is said; 4 chains, where PyMC makes as many as there are cores.
USUAL = {"tune": 1000, "draws": 1000, "chains": 4, "target_accept": 0.8, "max_treedepth": 10}

# Step methods that follow no gradient have no trajectories: nothing of theirs diverges, and they have no energy and no tree.
WITHOUT_GRADIENT = ("Metropolis", "DEMetropolis", "DEMetropolisZ", "Slice")
NUTS, HAMILTONIAN, NO_GRADIENT = "NUTS", "Hamiltonian", "no gradient"
"""How a run moves its continuous variables."""
_OF_TREES = ("tree_depth_not_saturated", "max_treedepth_fraction")
_NOT_OF = {
    NO_GRADIENT: (*_OF_TREES, "divergences_too_many", "divergences_benign", "energy_not_stuck", "min_ebfmi"),
    HAMILTONIAN: _OF_TREES,
}


def apply(check: Check, moves: str | None) -> bool:
    """Whether a check of a run means something for the way it moves."""
    return check.name not in _NOT_OF.get(moves or NUTS, ())


def passes(figures: Mapping[str, Any], moves: str) -> bool:
    """Whether a run passes all that is asked of one; one that did not start does not."""
    if figures.get("error"):
        return False
    run = run_statistics.read(Run.of(figures))
    found = [*run_statistics.faults(run), *run_statistics.standards(run)]
    return all(check.passed is True for check in found if apply(check, moves))
