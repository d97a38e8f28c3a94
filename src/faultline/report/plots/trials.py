"""``trials.png``: the symptom's figure with every change, from the failing configuration and from the repaired one."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from faultline.core.configuration import configuration
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
    """A row for each other choice of each toggle, a mark for each run; both directions side by side."""
    runs = {(row["side"], configuration(row["changes"])): row["runs"] for row in trials["values"]}
    title, broken = "What each change does", trials["symptom"]
    if not runs or broken is None:
        fig = style.headed(title, "", height=1.6)
        words = "No criterion is broken, or nothing ran."
        fig.text(0.5, 0.38, words, ha="center", va="center", fontsize=11, color="#444444")
        return fig
    rows, said = _rows(trials)[:MOST], _COMPARED if trials["compare"] else _SIDES
    shown = {
        side: [(label, runs.get((side, configuration(changes)), [])) for label, changes in each]
        for side, each in zip(_SIDES, zip(*rows, strict=True), strict=True)
        if any(name == side for name, _ in runs)
    }
    every = [run for each in shown.values() for _, found in each for run in found]
    values = [run["value"] for run in every if run["value"] is not None]
    fig = style.headed(title, _seen(broken, every), width=12.0, height=1.8 + ROW * len(rows))
    axes = fig.subplots(1, len(shown), squeeze=False)[0]
    for axis, (side, each) in zip(axes, shown.items(), strict=True):
        axis.set_title(f"One change of {said[side]}")
        _marks(axis, each, bool(values))
        if values:
            _scale(axis, values)
            axis.set_xlabel(broken)
        else:
            axis.set_xlim(-0.6, 2.6)
            axis.set_xticks([0, 1, 2], ["fails", "not known", "holds"])
    return fig


def _rows(trials: Mapping[str, Any]) -> list[tuple[tuple[str, Mapping[str, str]], ...]]:
    """For each row its label and its changes, from the failing configuration and from the repaired one.

    Where the other choice is part of the repair, the repaired configuration has it, and what stands is put back.
    """
    rows = [(("unchanged", {}), ("unchanged", {}))]
    for row in trials["choices"]:
        name, choice = row["toggle"], row["choice"]
        back = row["stands"] if row["is_repair"] else choice
        rows.append(((f"{name} = {choice}", {name: choice}), (f"= {back}", {name: back})))
    return rows


def _seen(broken: str, runs: Sequence[Mapping[str, Any]]) -> str:
    """What the marks mean, as far as they occur."""
    said = [f"{broken}, one mark for each run", "blue where it holds"]
    if any(run["larger"] for run in runs):
        said.append("squares at the larger budget")
    if any(run["value"] is not None for run in runs) and any(run["value"] is None for run in runs):
        said.append("crosses at the edge where it is not finite or not known")
    return f"{'; '.join(said)}."


def _marks(axis, rows: Sequence[tuple[str, Sequence[Mapping[str, Any]]]], numbers: bool) -> None:
    for place, (_, runs) in enumerate(rows):
        for run in runs:
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
    axis.set_yticks(range(len(rows)), [label for label, _ in rows])
    axis.set_ylim(len(rows) - 0.5, -0.5)
    axis.grid(axis="both", alpha=0.3)


def _scale(axis, values: Sequence[float]) -> None:
    sizes = np.abs([value for value in values if value and math.isfinite(value)])
    if sizes.size and sizes.max() > WIDE * sizes.min():
        positive = min(values) > 0
        style.log_axis(axis.xaxis, linear_below=None if positive else max(sizes.min(), sizes.max() * 1e-8))
