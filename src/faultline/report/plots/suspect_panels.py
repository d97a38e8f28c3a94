"""The panels of ``suspects.png``: a funnel, a ridge, places that chains keep to, a cliff, a prior against its data.

Each takes the record, the draws and the check that failed, and returns its panel, or None where the record or the draws
lack what it needs. Draws are those of the base run, in the unconstrained space that the sampler moves in.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes

from faultline.core.sections.record import Record
from faultline.core.sections.section import Row
from faultline.criteria.run_statistics import in_modes
from faultline.findings.funnel import ONE_WIDTH
from faultline.findings.ridge import RIDGE, RIDGE_SHARE
from faultline.report.markdown import element, known, number
from faultline.report.plots import style
from faultline.report.plots import suspect_draws as d
from faultline.report.plots.draws import Draws

_TOGETHER = 0.9  # correlation of two values from which they are all of a ridge


@dataclass(frozen=True)
class Panel:
    """A title, what is to be seen in words, and how to paint it."""

    title: str
    seen: str
    paint: Callable[[Axes], None]


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
        ax.plot([], [], color=style.INK, label=f"80 % of {bent}")
        d.finish(ax, d.scale(record, by), d.scale(record, bent))

    times = number(row["width"], 2)
    seen = (
        f"Over the middle 90 % of the draws of {d.scale(record, by)}, {d.scale(record, bent)} is {times} times as wide at one end as at the "
        "other, all else being fixed."
    )
    if (row.get("width_of_draws") or 0.0) < ONE_WIDTH:
        seen += f" Its draws hide that, for {row['bent']} moves with other variables, too."
    return Panel(f"{row['by']} sets the scale of {row['bent']}: × {times}", seen, paint)


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
        seen = "The draws of {}, one after another."
        if known(check.get("value")):
            seen += (
                f" Holding it gives {number(check['value'], 2)} times as many effective draws per gradient."
            )
        return _way(record, draws, check, labels, seen) if labels else None
    first, second, r = d.closest_pair(draws, labels)
    centred = in_modes(record.apart)  # chains far apart would make one dot of each
    around = ", from its chain's mean" if centred else ""

    def paint(ax: Axes) -> None:
        d.by_chain(ax, draws, first, second, centred=centred)
        d.finish(ax, d.scale(record, first) + around, d.scale(record, second) + around)

    title = f"A ridge: {' and '.join(names)}" if ridge else " and ".join(names)
    seen = f"{first} and {second} go together (correlation {r:.3g})"
    meaning = (
        ": only a combination of them is known"
        if abs(r) > _TOGETHER
        else ", one pair of the many that a ridge binds"
    )
    return Panel(title, seen + (f"{meaning}." if ridge else "."), paint)


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
        ax.set_xlabel(d.scale(record, chosen[0]))
        ax.set_ylabel(d.scale(record, chosen[1]) if len(chosen) > 1 else "density")
        ax.legend(loc="best", fontsize=7.5)

    names, places = " and ".join(check["names"]), found.places
    seen = f"Chains keep to {places} places, set apart by {names}." if places > 1 else ""
    if symmetry:
        change = (
            f"elements of {names} exchanged" if symmetry["kind"] == "exchange" else f"{names} of other sign"
        )
        seen += f" With {change} the model fits exactly as well (grey): chains may settle in either place."
    title = f"{names}: {places} places" if places > 1 else f"{names}: places that look the same"
    return Panel(title, seen.strip(), paint)


def cliff(record: Record, draws: Draws, check: Row) -> Panel | None:
    """A factor's log-probability along the line on which it breaks nearest to a draw."""
    found = record.apart.cliffs
    row = next((row for row in found.factors if [row["name"]] == list(check["names"])), None)
    if row is None or not row.get("profile"):
        return None
    at, values = np.linspace(0, found.reach, len(row["profile"])), np.array(row["profile"], float)
    turns = f"jumps to {number(row['to'])}" if known(row["to"]) else f"turns into {row['to']}"
    turns = "has no gradient" if row["to"] == "no gradient" else turns
    where = f"{number(row['distance'], 2)} spreads from a draw"

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
        ax.set_xlabel(f"distance along {row['along']}, in spreads of the draws")
        ax.set_ylabel(f"log-probability of {row['name']}")

    return Panel(f"{row['name']} {turns}", f"{row['name']} {turns} without warning, {where}.", paint)


def prior(record: Record, draws: Draws, check: Row) -> Panel | None:
    """Where the prior of a variable lies, and where the data put it, in its own units."""
    return _against_data(record, check["names"][0])


def runaway(record: Record, draws: Draws, check: Row) -> Panel | None:
    """The variable that nothing but its prior keeps, by a factor that is no density."""
    rows = record.apart.relaxed
    row = next((r for r in rows if r["runs_away"] and [r["factor"]] == list(check["names"])), None)
    panel = _against_data(record, row["name"]) if row else None
    if panel is None:
        return None
    seen = f"{panel.seen} It runs away, for {row['factor']} gains as it does."
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
        ax.set_xlabel(f"distance along {row['variable']}, in spreads of the draws")
        ax.set_ylabel("change of the log-probability")
        ax.legend(loc="best", fontsize=7.5)

    seen = f"The log-probability keeps rising as {row['variable']} runs away, by {row['factor']}: there is nothing to sample."
    return Panel(f"{row['factor']} rises without end", seen, paint)


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
        ax.plot(at, slowest, "--", color=style.LIMIT, label="has no integral\nif it falls no faster")
        style.log_axis(ax.xaxis)
        ax.set_xlabel("distance from a draw" + ", of the logarithm" * row["logarithm"])
        ax.set_ylabel("change of the log-probability")
        ax.legend(loc="best", fontsize=7.5)

    listed = " and ".join(row["names"])
    seen = f"However far one goes along {listed}, the log-probability does not fall off: there is nothing to sample."
    return Panel(f"Nothing holds {listed}", seen, paint)


def unheld(record: Record, draws: Draws, check: Row) -> Panel | None:
    """The log-likelihood far out along a line on which it never falls."""
    rows = record.apart.unheld
    row = next((row for row in rows if set(row["names"]) == set(check["names"])), None)
    if row is None:
        return None

    def paint(ax: Axes) -> None:
        ax.plot(row["distances"], np.array(row["profile"]), "o-", color=style.WRONG)
        style.log_axis(ax.xaxis)
        ax.set_xlabel("distance, in units of how far chains went")
        ax.set_ylabel("change of the log-likelihood")

    listed = " and ".join(check["names"])
    seen = f"However far {listed} {'go' if len(check['names']) > 1 else 'goes'}, the data fit no worse: their likelihood has no maximum."
    return Panel(f"The data put no end to {listed}", seen, paint)


def _against_data(record: Record, name: str) -> Panel | None:
    rows = record.apart.conflict
    row = next((row for row in rows if row["name"] == name), None)
    if row is None or not row.get("prior"):
        return None
    label = element(row["name"], row["index"])
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


def steps(record: Record, draws: Draws, check: Row) -> Panel | None:
    """The element of a discrete variable whose chains are furthest apart, draw by draw."""
    labels = [label for name in check["names"] for label in d.elements(draws, name)]
    if not labels:
        return None
    return _way(record, draws, check, labels, "The draws of {}, moved without a gradient, one after another.")


def _way(record: Record, draws: Draws, check: Row, labels: list[str], seen: str) -> Panel:
    """Draws of one value one after another, by chain; `seen` has a place for its name."""
    label = max(labels, key=lambda label: d.apart(draws, label))

    def paint(ax: Axes) -> None:
        for c, chain in enumerate(draws.element(label)):
            ax.plot(chain, color=style.chain_colour(c), linewidth=0.6, alpha=0.8, label=f"chain {c}")
        ax.set_xlabel("draw")
        ax.set_ylabel(d.scale(record, label))
        ax.legend(loc="best", ncols=2, fontsize=7.5)

    return Panel(f"{check['names'][0]} moves slowly", seen.format(label), paint)
