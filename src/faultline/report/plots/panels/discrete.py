"""Discrete variables that their steps hardly move."""

from __future__ import annotations

from faultline.core.sections.record import Record
from faultline.core.sections.section import Row
from faultline.report.plots import suspect_draws as d
from faultline.report.plots.draws import Draws
from faultline.report.plots.panels.panel import Panel, way


def steps(record: Record, draws: Draws, check: Row) -> Panel | None:
    """The element of a discrete variable whose chains are furthest apart, draw by draw."""
    labels = [label for name in check["names"] for label in d.elements(draws, name)]
    if not labels:
        return None
    return way(record, draws, check, labels, "Trace of {}, which is updated without a gradient.")
