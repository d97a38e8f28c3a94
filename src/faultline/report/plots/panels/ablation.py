"""A cliff: where a factor breaks."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes

from faultline.core.sections.record import Record
from faultline.core.sections.section import Row
from faultline.report.markdown import known, number
from faultline.report.plots import style
from faultline.report.plots.draws import Draws
from faultline.report.plots.panels.panel import Panel


def cliff(record: Record, draws: Draws, check: Row) -> Panel | None:
    """A factor's log-probability along the line on which it breaks nearest to a draw."""
    found = record.apart.cliffs
    row = next((row for row in found.factors if [row["name"]] == list(check["names"])), None)
    if row is None or not row.get("profile"):
        return None
    at, values = np.linspace(0, found.reach, len(row["profile"])), np.array(row["profile"], float)
    turns = f"jumps to {number(row['to'])}" if known(row["to"]) else f"changes to {row['to']}"
    turns = "loses its gradient" if row["to"] == "no gradient" else turns
    where = f"{number(row['distance'], 2)} standard deviations from a draw"

    def paint(ax: Axes) -> None:
        finite = np.where(np.isfinite(values), values, np.nan)
        ax.plot(at, finite, "o-", color=style.PLAIN, markersize=3)
        if not np.isfinite(values).all():
            ax.axvspan(row["distance"], found.reach, color=style.WRONG, alpha=0.12, linewidth=0)
        ax.axvline(row["distance"], color=style.WRONG, linewidth=1.5)
        ax.plot(0, values[0], "o", color=style.INK, markersize=7)
        ax.annotate("a draw", (0, values[0]), xytext=(0, -16), textcoords="offset points", fontsize=8)
        ax.annotate(
            turns,
            (row["distance"], 0.85),
            xycoords=("data", "axes fraction"),
            xytext=(6, 0),
            textcoords="offset points",
            fontsize=8.5,
            color=style.WRONG,
        )
        shown = min(found.reach, max(4 * row["distance"], 0.5))
        ax.set_xlim(-0.04 * shown, shown)
        if np.ptp(values[np.isfinite(values)]) < 1e-9:
            ax.set_ylim(values[0] - 1, values[0] + 1)
        ax.set_xlabel(f"distance along {row['along']}, in standard deviations of the draws")
        ax.set_ylabel(f"log-probability of {row['name']}")

    return Panel(f"{row['name']} {turns}", f"{row['name']} {turns} abruptly, {where}.", paint)
