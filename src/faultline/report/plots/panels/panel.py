"""A panel of ``suspects.png``, and the one that several families show: a value that moves slowly."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from matplotlib.axes import Axes

from faultline.core.sections.record import Record
from faultline.core.sections.section import Row
from faultline.report.plots import style
from faultline.report.plots import suspect_draws as d
from faultline.report.plots.draws import Draws


@dataclass(frozen=True)
class Panel:
    """A title, what is to be seen in words, and how to paint it."""

    title: str
    seen: str
    paint: Callable[[Axes], None]


def way(record: Record, draws: Draws, check: Row, labels: list[str], seen: str) -> Panel:
    """Draws of one value one after another, by chain; `seen` has a place for its name."""
    label = max(labels, key=lambda label: d.apart(draws, label))

    def paint(ax: Axes) -> None:
        for c, chain in enumerate(draws.element(label)):
            ax.plot(chain, color=style.chain_colour(c), linewidth=0.6, alpha=0.8, label=f"chain {c}")
        ax.set_xlabel("draw")
        ax.set_ylabel(d.scale(record, draws, label))
        ax.legend(loc="best", ncols=2, fontsize=7.5)

    return Panel(f"{check['names'][0]} moves slowly", seen.format(draws.called(label)), paint)
