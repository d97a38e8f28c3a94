"""The panels of ``suspects.png``: one file for each family of findings, listed here by the checks that they picture."""

from __future__ import annotations

from collections.abc import Callable

from faultline.core.sections.record import Record
from faultline.core.sections.section import Row
from faultline.report.plots.draws import Draws
from faultline.report.plots.panels.ablation import cliff
from faultline.report.plots.panels.density import endless, rise, runaway
from faultline.report.plots.panels.discrete import steps
from faultline.report.plots.panels.funnel import bend
from faultline.report.plots.panels.geometry import modes, unheld
from faultline.report.plots.panels.panel import Panel
from faultline.report.plots.panels.priors import prior
from faultline.report.plots.panels.ridge import held

PANELS: dict[str, Callable[[Record, Draws, Row], Panel | None]] = {
    "bends": bend,
    "holding": held,
    "modes": modes,
    "likelihood_peaks": unheld,
    "discrete_steps": steps,
    "cliffs": cliff,
    "positive_definite": cliff,
    "prior_agrees": prior,
    "posterior_exists": rise,
    "posterior_integrates": endless,
    "density_normalised": runaway,
}
"""Check that failed -> what shows it: its panel, or None where the record or the draws lack what it needs.

Draws are those of the base run, in the unconstrained space that the sampler moves in.
"""
