"""``gradient.png``: which variables and elements carry the gradient, and whether it is the right one."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.figure import Figure

from faultline.core.sections.model import Gradient
from faultline.core.sections.record import Record
from faultline.engine.names import element_of
from faultline.findings.finite_differences import FD_RELATIVE_ERROR
from faultline.report.markdown import exact, known, number, percent
from faultline.report.plots import style

MOST_ROWS = 20


def draw(record: Record, draws: None = None) -> Figure:
    """Share of the squared norm by variable, the largest components, the finite-difference error of each factor."""
    gradient = record.gradient
    shares, top = gradient.share_by_variable, gradient.top
    factors = gradient.finite_differences.factors
    if not (shares or top or factors):
        raise style.NothingToDraw("The gradient was not evaluated.")
    rows = max(len(shares[:MOST_ROWS]), len(top[:MOST_ROWS]), len(factors[:MOST_ROWS]), 4)
    fig = style.start(
        record, "Gradient at the initial point", _seen(gradient), width=13, height=1.2 + 0.26 * rows
    )
    first, second, third = fig.subplots(1, 3)
    _shares(first, shares[:MOST_ROWS], rows)
    _components(second, top[:MOST_ROWS], rows)
    _differences(third, factors, rows)
    return fig


def _seen(gradient: Gradient) -> str:
    text = f"{number(gradient.n)} elements, L2 norm {exact_norm(gradient.l2)}, "
    bad = (gradient.n_nan or 0) + (gradient.n_inf or 0)
    text += f"{number(bad)} of them not finite. " if bad else "all finite. "
    error = gradient.finite_differences.max_relative_error
    if error is not None:
        good = known(error) and error <= FD_RELATIVE_ERROR
        text += f"Largest relative error against finite differences: {number(error, 2)}"
        text += (
            " (agrees)."
            if good
            else f" (above {number(FD_RELATIVE_ERROR)}: the gradient is wrong somewhere)."
        )
    return text


def exact_norm(value: Any) -> str:
    return number(value, 3) if known(value) else exact(value)


def _bars(
    ax, labels: list[str], values: list[float], notes: list[str], colours: list[str], *, log: bool, rows: int
) -> None:
    heights = np.arange(len(labels))[::-1]
    drawn = np.array([v if known(v) else np.nan for v in values], float)
    positive = drawn[np.isfinite(drawn) & (drawn > 0)]
    if log and len(positive):
        low, high = positive.min() / 10, positive.max() * 10
        style.log_axis(ax.xaxis)
        ax.barh(
            heights, np.nan_to_num(np.where(drawn > 0, drawn, 0)) - low, left=low, color=colours, height=0.65
        )
        ax.set_xlim(low, max(high, positive.max() * (positive.max() / low) ** 0.35))
    else:
        ax.barh(heights, np.nan_to_num(drawn), color=colours, height=0.65)
        ax.set_xlim(0, max(positive.max() if len(positive) else 1, 1e-12) * 1.25)
    left = ax.get_xlim()[0]
    for height, value, note in zip(heights, drawn, notes, strict=True):
        at = value if np.isfinite(value) and value > left else left
        ax.annotate(
            note,
            (at, height),
            xytext=(3, 0),
            textcoords="offset points",
            va="center",
            fontsize=7.5,
            color=style.INK if np.isfinite(value) else style.WRONG,
        )
    ax.set_yticks(heights, [style.shorten(label) for label in labels], fontsize=8)
    ax.set_ylim(len(labels) - rows - 0.6, len(labels) - 0.4)


def _empty(ax, words: str) -> None:
    ax.axis("off")
    ax.text(0.5, 0.5, words, transform=ax.transAxes, ha="center", color=style.MUTED)


def _shares(ax, shares, rows: int) -> None:
    ax.set_title("share of the squared gradient norm")
    if not shares:
        return _empty(ax, "not measured")
    values = [s.get("share") for s in shares]
    _bars(
        ax,
        [s["name"] for s in shares],
        values,
        [percent(v) for v in values],
        [style.PLAIN] * len(shares),
        log=False,
        rows=rows,
    )
    ax.set_xticks([0, 0.25, 0.5, 0.75, 1])


def _components(ax, top, rows: int) -> None:
    ax.set_title(f"the {len(top)} largest components" if len(top) != 1 else "the only component")
    if not top:
        return _empty(ax, "not measured")
    values = [t.get("value") for t in top]
    colours = [style.CHAINS[1] if known(v) and v < 0 else style.PLAIN for v in values]
    notes = [number(v, 3) if known(v) else exact(v) for v in values]
    labels = [element_of(t) for t in top]
    _bars(ax, labels, [abs(v) if known(v) else None for v in values], notes, colours, log=True, rows=rows)
    ax.set_xlabel("absolute value (blue: positive, orange: negative)")


def _differences(ax, factors, rows: int) -> None:
    ax.set_title("error against finite differences, by factor", pad=14)
    if not factors:
        return _empty(ax, "not measured")
    worst = sorted(
        factors, key=lambda f: (known(f.get("max_relative_error")), -(f.get("max_relative_error") or 0))
    )
    worst = worst[:MOST_ROWS]
    limit = FD_RELATIVE_ERROR
    values = [f.get("max_relative_error") for f in worst]
    colours = [style.PLAIN if known(v) and v <= limit else style.WRONG for v in values]
    _bars(
        ax, [f["name"] for f in worst], values, [number(v, 2) for v in values], colours, log=True, rows=rows
    )
    low, high = ax.get_xlim()
    ax.set_xlim(low, max(high, limit * 30))
    style.limit_line(ax, limit, f"limit {number(limit)}", ha="center")
    ax.set_xlabel("largest relative error")
