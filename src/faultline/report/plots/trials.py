"""``trials.png``: the symptom's figure with every change, from the failing configuration and from the repaired one."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from faultline.report.plots import style

ROW = 0.32
"""Inches for each change."""
MOST = 60
"""Changes that the picture has room for."""
# Spread of the values, as the ratio of the largest to the smallest magnitude, from which a linear axis shows only the largest.
WIDE = 1e3
_SIDES = {"failing": "the failing configuration", "repaired": "the repaired configuration"}
_COMPARED = {"failing": "the side that fails", "repaired": "the side that works"}


def draw_trials(trials: Mapping[str, Any], path: Path) -> None:
    """Write the picture of what the trials found to ``path``."""
    with style.look():
        style.save(draw(trials), path)


def draw(trials: Mapping[str, Any]) -> Figure:
    """A row for each change, a dot for each seed; both directions side by side."""
    sides = {side: [row for row in trials["values"] if row["side"] == side][:MOST] for side in _SIDES}
    sides = {side: _ordered(rows) for side, rows in sides.items() if rows}
    title, broken = "What each change does", trials["symptom"]
    said = _COMPARED if trials["compare"] else _SIDES
    if not sides or broken is None:
        fig = style.headed(title, "", height=1.6)
        fig.text(
            0.5,
            0.38,
            "No criterion is broken, or nothing ran.",
            ha="center",
            va="center",
            fontsize=11,
            color="#444444",
        )
        return fig
    longest = max(map(len, sides.values()))
    fig = style.headed(title, _seen(broken, sides), width=12.0, height=1.8 + ROW * longest)
    axes = fig.subplots(1, len(sides), squeeze=False)[0]
    values = [
        run["value"]
        for rows in sides.values()
        for row in rows
        for run in row["runs"]
        if run["value"] is not None
    ]
    for axis, (side, rows) in zip(axes, sides.items(), strict=True):
        axis.set_title(f"One change of {said[side]}")
        _rows(axis, rows, bool(values))
        if values:
            _scale(axis, values)
            axis.set_xlabel(broken)
        else:
            axis.set_xlim(-0.6, 2.6)
            axis.set_xticks([0, 1, 2], ["fails", "not known", "holds"])
    return fig


def _seen(broken: str, sides: Mapping[str, Sequence[Mapping[str, Any]]]) -> str:
    """What the marks mean, as far as they occur."""
    runs = [run for rows in sides.values() for row in rows for run in row["runs"]]
    said = [f"{broken}, one mark for each run", "blue where it holds"]
    if any(run["larger"] for run in runs):
        said.append("squares at the larger budget")
    if any(run["value"] is not None for run in runs) and any(run["value"] is None for run in runs):
        said.append("crosses at the edge where it is not finite or not known")
    return f"{'; '.join(said)}."


def _ordered(rows: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The unchanged configuration first."""
    return sorted(rows, key=lambda row: bool(row["changes"]))


def _rows(axis, rows: Sequence[Mapping[str, Any]], numbers: bool) -> None:
    for place, row in enumerate(rows):
        for run in row["runs"]:
            color = {True: style.PLAIN, False: style.WRONG}.get(run["passed"], style.MUTED)
            mark = "s" if run["larger"] else "o"
            if not numbers:
                where = {True: 2, False: 0}.get(run["passed"], 1)
                where += 0.08 * ((run["seed"] % 5) - 2)
                axis.plot(where, place, mark, color=color, markersize=5)
            elif run["value"] is not None:
                axis.plot(run["value"], place, mark, color=color, markersize=5)
            else:
                axis.plot(1.0, place, "x", color=color, transform=axis.get_yaxis_transform(), clip_on=False)
    axis.set_yticks(range(len(rows)), [_named(row["changes"]) for row in rows])
    axis.set_ylim(len(rows) - 0.5, -0.5)
    axis.grid(axis="x", alpha=0.3)


def _named(changes: Mapping[str, str]) -> str:
    return ", ".join(f"{name} = {choice}" for name, choice in changes.items()) or "unchanged"


def _scale(axis, values: Sequence[float]) -> None:
    sizes = np.abs([value for value in values if value and math.isfinite(value)])
    if sizes.size and sizes.max() > WIDE * sizes.min():
        positive = min(values) > 0
        style.log_axis(axis.xaxis, linear_below=None if positive else max(sizes.min(), sizes.max() * 1e-8))
