"""A ridge, and a variable that moves slowly."""

from __future__ import annotations

from matplotlib.axes import Axes

from faultline.core.sections.record import Record
from faultline.core.sections.section import Row
from faultline.criteria.run_statistics import in_modes
from faultline.findings.ridge import RIDGE, RIDGE_SHARE
from faultline.report.markdown import known, number
from faultline.report.plots import suspect_draws as d
from faultline.report.plots.draws import Draws
from faultline.report.plots.panels.panel import Panel, way

_TOGETHER = 0.9  # correlation of two values from which they are all of a ridge


def held(record: Record, draws: Draws, check: Row) -> Panel | None:
    """A ridge as the two values that go together most; a single variable as the way of its chains."""
    names = list(check["names"])
    labels = [label for name in names for label in d.elements(draws, name)]
    ridges = [
        {part["name"] for part in row["share"] if part["share"] >= RIDGE_SHARE}
        for row in record.apart.curvature.null
        if row["ratio"] < RIDGE
    ]
    ridge = any(set(names) <= ridge for ridge in ridges)
    if len(labels) < 2 or not (ridge or len(names) > 1):
        seen = "Trace of {}."
        if known(check.get("value")):
            seen += f" With it held fixed, ESS per gradient evaluation is {number(check['value'], 2)} times as large."
        return way(record, draws, check, labels, seen) if labels else None
    first, second, r = d.closest_pair(draws, labels)
    centred = in_modes(record.apart)  # chains far apart would make one dot of each
    around = ", from its chain's mean" if centred else ""

    def paint(ax: Axes) -> None:
        d.by_chain(ax, draws, first, second, centred=centred)
        d.finish(ax, d.scale(record, draws, first) + around, d.scale(record, draws, second) + around)

    title = f"A ridge: {' and '.join(names)}" if ridge else " and ".join(names)
    seen = f"{draws.called(first)} and {draws.called(second)} go together (correlation {r:.3g})"
    meaning = (
        ": only a combination of them is identified"
        if abs(r) > _TOGETHER
        else ", one of the many pairs along a ridge"
    )
    return Panel(title, seen + (f"{meaning}." if ridge else "."), paint)
