"""What is no density, and what has no integral: far away, or along a variable that runs away."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes

from faultline.core.sections.record import Record
from faultline.core.sections.section import Row
from faultline.report.plots import style
from faultline.report.plots.draws import Draws
from faultline.report.plots.panels.panel import Panel
from faultline.report.plots.panels.priors import against_data


def runaway(record: Record, draws: Draws, check: Row) -> Panel | None:
    """The variable that nothing but its prior keeps, by a factor that is no density."""
    rows = record.apart.relaxed
    row = next((r for r in rows if r["runs_away"] and [r["factor"]] == list(check["names"])), None)
    panel = against_data(record, row["name"]) if row else None
    if panel is None:
        return None
    seen = f"{panel.seen} It drifts off without limit, because {row['factor']} gains as it does."
    return Panel(f"{row['factor']} lets {row['name']} run away", seen, panel.paint)


def rise(record: Record, draws: Draws, check: Row) -> Panel | None:
    """The log-probability far away along one variable, where it keeps rising."""
    rows = record.apart.far
    row = next((row for row in rows if [row["factor"]] == list(check["names"])), None)
    if row is None or not row.get("profile"):
        return None

    def paint(ax: Axes) -> None:
        at = 10.0 ** np.arange(1, len(row["profile"]) + 1)
        ax.plot(at, np.array(row["profile"], float), "o-", color=style.WRONG)
        ax.axhline(0, color=style.INK, linewidth=1, label="at a draw")
        style.log_axis(ax.xaxis)
        style.log_axis(ax.yaxis, linear_below=1)
        ax.set_xlabel(f"distance along {row['variable']}, in standard deviations of the draws")
        ax.set_ylabel("change of the log-probability")
        ax.legend(loc="best", fontsize=7.5)

    seen = f"The log-probability keeps rising as {row['variable']} moves out, because of {row['factor']}: there is no proper posterior."
    return Panel(f"{row['factor']} rises without limit", seen, paint)


def endless(record: Record, draws: Draws, check: Row) -> Panel | None:
    """The log-probability far out along a line on which it does not fall off."""
    rows = record.apart.endless
    row = next((row for row in rows if row["names"] == list(check["names"])), None)
    if row is None:
        return None
    at, profile = np.array(row["distances"]), np.array(row["profile"])

    def paint(ax: Axes) -> None:
        ax.plot(at, profile, "o-", color=style.WRONG, label="the model")
        slowest = profile[0] - np.log(at / at[0])
        ax.plot(at, slowest, "--", color=style.LIMIT, label="not integrable\nif it falls no faster")
        style.log_axis(ax.xaxis)
        ax.set_xlabel("distance from a draw" + ", of the logarithm" * row["logarithm"])
        ax.set_ylabel("change of the log-probability")
        ax.legend(loc="best", fontsize=7.5)

    listed = " and ".join(row["names"])
    seen = f"However far one goes along {listed}, the log-probability does not fall off: the posterior is improper."
    return Panel(f"Nothing constrains {listed}", seen, paint)
