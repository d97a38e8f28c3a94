"""A funnel: the variable that sets the scale, and the one whose scale it sets."""

from __future__ import annotations

from matplotlib.axes import Axes

from faultline.core.sections.record import Record
from faultline.core.sections.section import Row
from faultline.engine.names import element
from faultline.findings.funnel import ONE_WIDTH
from faultline.report.markdown import number
from faultline.report.plots import style
from faultline.report.plots import suspect_draws as d
from faultline.report.plots.draws import Draws
from faultline.report.plots.panels.panel import Panel


def bend(record: Record, draws: Draws, check: Row) -> Panel | None:
    """The variable that sets the scale across, the one whose scale it sets upwards, and the spread of that."""
    rows = record.apart.curvature.bends
    row = next((row for row in rows if [row["by"], row["bent"]] == list(check["names"])), None)
    if row is None or (row.get("width") or 0.0) < ONE_WIDTH:
        return None  # what only the prior shows is not in the draws
    by, bent = element(row["by"], row["by_index"]), element(row["bent"], row["bent_index"])
    x, y = draws.element(by), draws.element(bent)
    across, low, high = d.band(x.ravel(), y.ravel())

    def paint(ax: Axes) -> None:
        d.dots(ax, x, y, draws.divergent)
        for line in (low, high):
            ax.plot(across, line, color=style.INK, linewidth=1.4)
        ax.plot([], [], color=style.INK, label=f"80 % of {draws.called(bent)}")
        d.finish(ax, d.scale(record, draws, by), d.scale(record, draws, bent))

    times = number(row["width"], 2)
    seen = (
        f"Across the middle 90 % of the draws of {d.scale(record, draws, by)}, with all else fixed, the width of {d.scale(record, draws, bent)} changes "
        f"by a factor of {times}."
    )
    if (row.get("width_of_draws") or 0.0) < ONE_WIDTH:
        seen += f" Its draws hide that, because {row['bent']} also moves with other variables."
    return Panel(f"{row['by']} sets the scale of {row['bent']}: × {times}", seen, paint)
