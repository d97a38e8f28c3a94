"""A prior against its data."""

from __future__ import annotations

from matplotlib.axes import Axes

from faultline.core.sections.record import Record
from faultline.core.sections.section import Row
from faultline.engine.names import element_of
from faultline.report.markdown import number
from faultline.report.plots import style
from faultline.report.plots.draws import Draws
from faultline.report.plots.panels.panel import Panel


def prior(record: Record, draws: Draws, check: Row) -> Panel | None:
    """Where the prior of a variable lies, and where the data put it, in its own units."""
    return against_data(record, check["names"][0])


def against_data(record: Record, name: str) -> Panel | None:
    """Median and 90 % of a variable's prior, of its posterior, and of its posterior without that prior where that was tried."""
    rows = record.apart.conflict
    row = next((row for row in rows if row["name"] == name), None)
    if row is None or not row.get("prior"):
        return None
    label = element_of(row)
    reach = 1.645 * row["posterior_sd"]  # of a normal: 90 % of it
    after = [row["posterior_median"] + sign * reach for sign in (-1, 0, 1)]
    lines = [("prior", row["prior"], style.WRONG), ("posterior", after, style.PLAIN)]
    alone = next((r for r in record.apart.relaxed if r["name"] == row["name"]), {})
    if alone.get("without") and alone["index"] == row["index"]:
        lines.append(("posterior without\nthis prior", alone["without"], style.LIMIT))

    def paint(ax: Axes) -> None:
        for height, (_, (low, middle, high), colour) in enumerate(reversed(lines)):
            ax.plot([low, high], [height, height], color=colour, linewidth=5, solid_capstyle="butt")
            ax.plot(middle, height, "o", color=colour, markersize=9)
            words = f"{number(middle, 3)} ({number(low, 3)} to {number(high, 3)})"
            ax.annotate(
                words,
                (middle, height),
                xytext=(0, 12),
                textcoords="offset points",
                ha="center",
                fontsize=8,
            )
        ax.set_yticks(range(len(lines)), [name for name, *_ in reversed(lines)])
        ax.set_ylim(-0.6, len(lines) - 0.4)
        ax.margins(x=0.25)
        ax.set_xlabel(f"{label}: median and 90 % of the probability")

    expected = " to ".join(number(quantile, 3) for quantile in row["prior"][::2])
    seen = f"The prior of {label} expects {expected}; the rest of the model puts it at {number(lines[-1][1][1], 3)}."
    return Panel(f"The prior of {row['name']} against the data", seen, paint)
