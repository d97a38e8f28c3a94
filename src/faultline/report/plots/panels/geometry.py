"""Places that chains keep to, and a variable that the data let run away."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes

from faultline.core.sections.record import Record
from faultline.core.sections.section import Row
from faultline.report.plots import style
from faultline.report.plots import suspect_draws as d
from faultline.report.plots.draws import Draws
from faultline.report.plots.panels.panel import Panel


def modes(record: Record, draws: Draws, check: Row) -> Panel | None:
    """The two values that set the chains apart, coloured by chain; where a symmetry leads, if no chain went there."""
    found = record.apart.modes
    by_name = [labels for name in check["names"] if (labels := d.elements(draws, name))]
    if not by_name:
        return None
    symmetry = next((row for row in found.symmetries if row["names"] == list(check["names"])), None)
    furthest = [sorted(labels, key=lambda label: -d.apart(draws, label)) for labels in by_name]
    one_of_each = [labels[0] for labels in furthest[:2]]
    chosen = d.exchanged(by_name[0], symmetry) or (one_of_each if len(furthest) > 1 else furthest[0][:2])

    def paint(ax: Axes) -> None:
        if len(chosen) == 1:
            d.densities(ax, draws, chosen[0])
        else:
            d.image(ax, draws, chosen, symmetry)
            d.by_chain(ax, draws, *chosen)
        ax.set_xlabel(d.scale(record, draws, chosen[0]))
        ax.set_ylabel(d.scale(record, draws, chosen[1]) if len(chosen) > 1 else "density")
        ax.legend(loc="best", fontsize=7.5)

    names, places = " and ".join(check["names"]), found.places
    seen = f"The chains stay in {places} places, which differ in {names}." if places > 1 else ""
    if symmetry:
        change = (
            f"elements of {names} exchanged"
            if symmetry["kind"] == "exchange"
            else f"{names} of opposite sign"
        )
        seen += f" With {change} the model fits exactly as well (gray): chains may settle in either place."
    title = f"{names}: {places} places" if places > 1 else f"{names}: places that look the same"
    return Panel(title, seen.strip(), paint)


def unheld(record: Record, draws: Draws, check: Row) -> Panel | None:
    """The log-likelihood far out along a line on which it never falls."""
    rows = record.apart.unheld
    row = next((row for row in rows if set(row["names"]) == set(check["names"])), None)
    if row is None:
        return None

    def paint(ax: Axes) -> None:
        ax.plot(row["distances"], np.array(row["profile"]), "o-", color=style.WRONG)
        style.log_axis(ax.xaxis)
        ax.set_xlabel("distance, relative to how far the chains went")
        ax.set_ylabel("change of the log-likelihood")

    listed = " and ".join(check["names"])
    seen = f"However far {listed} {'go' if len(check['names']) > 1 else 'goes'}, the data fit no worse: their likelihood has no maximum."
    return Panel(f"The data do not limit {listed}", seen, paint)
