"""``size_ladder.png``: what becomes of the failing configuration as frames are added. Drawn from records only."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullLocator

from faultline.core.sections.record import Record
from faultline.criteria import thresholds
from faultline.diagnosis import sizes
from faultline.report.markdown import known, number, percent
from faultline.report.plots import style

TITLE = "Size ladder: the full model against T, its number of frames"
_OVER_ONE = 1e-4  # R-hat is drawn as its excess over 1, so that 1.003 and 1.3 both show
_NARROW = 100  # an axis that spans less than this has ticks between the powers of ten
_MARKS = {
    "pass": ("o", style.PLAIN, "passes"),
    "fail": ("D", style.WRONG, "fails"),
    "inconclusive": ("^", "#8C6D31", "does not decide"),
    "error": ("X", style.INK, "ended with an error"),
    "not_run": ("P", style.MUTED, "not run"),
}


def draw_sizes(records: Iterable[Mapping[str, Any]], path: Path) -> sizes.Reading:
    """Write the picture of these judged records to ``path``. Returns what it shows."""
    reading = sizes.read(map(Record.of, records))
    with style.look():
        style.save(draw(reading), path)
    return reading


def draw(reading: sizes.Reading) -> Figure:
    """Step size, R-hat, effective sample size, divergences and time against the number of frames."""
    rows = list(reading.rows)
    seen = sizes.said(reading)
    if not any(row["run"] for row in rows):
        fig = style.headed(TITLE, seen, height=1.6)
        fig.text(0.5, 0.38, "No size was sampled.", ha="center", va="center", fontsize=11, color="#444444")
        return fig
    fig = style.headed(TITLE, seen, width=11.0, height=5.6)
    axes = fig.subplots(2, 3, sharex=True).ravel()
    for ax, (title, values, fit) in zip(axes, _panels(rows), strict=True):
        ax.set_title(title)
        _against_size(ax, rows, values)
        fit(ax, [value for value in values if known(value)])
    for ax in axes[3:]:
        ax.set_xlabel("frames T (logarithmic)")
    _legend(fig, rows)
    return fig


def _panels(rows):
    """Title, one value per row, and what fits the axis to them."""

    def column(key: str) -> list[Any]:
        return [row[key] for row in rows]

    rhats = [max(value - 1, _OVER_ONE) if known(value) else None for value in column("max_rhat")]
    return (
        ("mean step size", column("mean_step_size"), _plain),
        ("largest R-hat (below the line: agreed)", rhats, _rhat),
        ("smallest ESS (above the line: enough)", column("min_ess"), _ess),
        ("share of divergent draws", [_ratio(r, "divergences", "n_draws") for r in rows], _share),
        ("seconds of sampling, tuning included", column("seconds"), _plain),
        ("seconds per draw kept, tuning included", [_ratio(r, "seconds", "n_draws") for r in rows], _plain),
    )


def _ratio(row: Mapping[str, Any], part: str, whole: str) -> float | None:
    return row[part] / row[whole] if known(row[part]) and known(row[whole]) and row[whole] else None


def _against_size(ax, rows, values) -> None:
    """The known values as one line with the outcomes as marks; an unknown one is a word at the foot."""
    style.log_axis(ax.xaxis)
    # The line breaks where a value is unknown.
    heights = [value if known(value) else math.nan for value in values]
    ax.plot([row["T"] for row in rows], heights, color="#BBBBBB", zorder=1)
    for row, value in zip(rows, values, strict=True):
        marker, colour, _ = _MARKS[row["outcome"]]
        if known(value):
            hollow = {"markerfacecolor": "white"} if row["run"] == "as asked" else {}
            ax.plot(
                row["T"], value, marker, color=colour, markersize=7.5, markeredgewidth=1.5, zorder=3, **hollow
            )
        else:
            ax.axvline(row["T"], color="#EEEEEE", linewidth=6, zorder=0)
            ax.text(
                row["T"],
                0.03,
                "unknown",
                transform=ax.get_xaxis_transform(),
                rotation=90,
                ha="center",
                va="bottom",
                fontsize=8,
                color=colour,
            )
    every = [row["T"] for row in rows]
    ax.set_xticks(every, [number(size) for size in every])
    ax.xaxis.set_minor_locator(NullLocator())
    ax.set_xlim(min(every) / 1.3, max(every) * 1.3)


def _plain(ax, values) -> None:
    if not values:
        ax.set_yticks([])
        return
    style.log_axis(ax.yaxis)
    low, high = min(values) / 2, max(values) * 2
    ax.set_ylim(low, high)
    if high < _NARROW * low:
        ax.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))


def _rhat(ax, values) -> None:
    style.log_axis(ax.yaxis)
    top = max([0.1, *values]) * 2
    ax.set_ylim(_OVER_ONE, top)
    ticks = [tick for tick in (1e-3, 1e-2, 1e-1, 1, 10) if tick <= top]
    ax.set_yticks(ticks, [f"{1 + tick:g}" for tick in ticks])
    ax.yaxis.set_minor_locator(NullLocator())
    _limit(ax, thresholds.RHAT_MAX - 1, number(thresholds.RHAT_MAX))


def _ess(ax, values) -> None:
    style.log_axis(ax.yaxis)
    ax.set_ylim(min([thresholds.ESS_MIN / 2, *values]) / 2, max([thresholds.ESS_MIN, *values]) * 2)
    _limit(ax, thresholds.ESS_MIN, number(thresholds.ESS_MIN))


def _share(ax, values) -> None:
    benign = thresholds.BENIGN_DIVERGENT_SHARE
    style.log_axis(ax.yaxis, linear_below=benign)
    top = max([benign * 4, *values]) * 2
    ax.set_ylim(-benign / 4, top)
    ticks = [0, *(tick for tick in (1e-3, 1e-2, 1e-1, 1) if tick <= top)]
    ax.set_yticks(ticks, [percent(tick) if tick else "0" for tick in ticks])
    ax.yaxis.set_minor_locator(NullLocator())
    _limit(ax, benign, f"a sound model shows up to {percent(benign)}")


def _limit(ax, value: float, label: str) -> None:
    style.limit_line(ax, value, label, vertical=False)


def _legend(fig: Figure, rows) -> None:
    ax = fig.axes[0]
    used = {row["outcome"] for row in rows}
    handles = [
        ax.plot([], [], marker, color=colour, markersize=7.5, linestyle="", label=label)[0]
        for outcome, (marker, colour, label) in _MARKS.items()
        if outcome in used
    ]
    look = {"color": style.MUTED, "markersize": 7.5, "markeredgewidth": 1.5, "linestyle": ""}
    handles.append(ax.plot([], [], "o", label="longer run", **look)[0])
    handles.append(ax.plot([], [], "o", markerfacecolor="white", label="short run, as asked", **look)[0])
    fig.legend(handles=handles, loc="outside lower center", ncols=len(handles))
