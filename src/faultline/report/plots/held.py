"""``held.png``: what holding each variable, and dropping each factor, does to the sampler."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from faultline.core.sections.ablation import Ablation
from faultline.core.sections.record import Record
from faultline.core.sections.run import Run
from faultline.criteria import thresholds
from faultline.findings.ablation_effects import (
    CURED_RHAT,
    controls,
    gain_of,
    least_gain,
    typical_gain,
)
from faultline.report.markdown import known, number, percent
from faultline.report.plots import style

MOST_ROWS = 24
_PLACES = (0.2, 0.66, 1.0)  # right edges of the columns beside the dots


@dataclass(frozen=True)
class Row:
    """One condition, tried at one or more places: what was done, and the fits."""

    label: str
    fits: tuple[Run, ...]
    gains: tuple[float, ...]
    gain: float


def draw(record: Record, draws: None = None) -> Figure:
    """One row per variable, pair or factor: effective draws per gradient as multiples of what nothing held gives."""
    apart = record.apart
    rows = sorted(_rows(apart), key=lambda row: -row.gain)
    plain = controls(apart)
    if not rows or not plain:
        raise style.NothingToDraw(_why_not(apart))
    shown = rows[:MOST_ROWS]
    least = least_gain(record)
    fig = style.start(
        record,
        "Effect of holding each part fixed",
        _seen(rows, plain, least),
        width=8.0,
        height=_height(shown),
    )
    ax, beside = fig.subplots(1, 2, width_ratios=(2.6, 1), sharey=True)
    best = max(fit.ess_per_1000 for fit in plain)
    _controls(ax, plain, best, len(shown))
    for height, row in zip(range(len(shown) - 1, -1, -1), shown, strict=True):
        _dots(ax, height, row, best, least)
    _columns(beside, shown, plain)
    style.log_axis(ax.xaxis)
    style.limit_line(ax, least, f"helps from {number(least)} times on", ha="center")
    ax.set_yticks(range(len(shown), -1, -1), [_nothing(plain), *(style.shorten(r.label, 40) for r in shown)])
    ax.set_ylim(-0.6, len(shown) + 0.6)
    ax.set_xlabel("ESS per gradient evaluation, relative to the best fit with nothing held")
    return fig


def _rows(apart: Ablation) -> Iterator[Row]:
    by_label: dict[str, list[Run]] = {}
    for fit in apart.conditions:
        by_label.setdefault(_label(fit), []).append(fit)
    for label, fits in by_label.items():
        gains = tuple(gain_of(apart, fit) for fit in fits)
        yield Row(label, tuple(fits), gains, typical_gain(apart, fits))


def _label(fit: Run) -> str:
    return f"{' and '.join(fit.held)} held" if fit.held else f"without {' and '.join(fit.dropped)}"


def _nothing(plain: Sequence[Run]) -> str:
    return f"nothing held ({len(plain)} fits)"


def _why_not(apart: Ablation) -> str:
    if apart.discrete_held and apart.discrete:
        return f"Only the discrete variables ({', '.join(apart.discrete)}) were held, all at once: the table of fits compares."
    reasons = [f"{row['what']}: {row['reason']}" for row in apart.skipped]
    return "No variable was held and no factor dropped" + (f" ({'; '.join(reasons)})." if reasons else ".")


def _seen(rows: Sequence[Row], plain: Sequence[Run], least: float) -> str:
    low, high = (pick(fit.ess_per_1000 for fit in plain) for pick in (min, max))
    text = f"With nothing held: {number(low, 2)} to {number(high, 2)} effective draws per 1000 gradients (gray band). "
    helped = [f"{row.label} ({times(row.gain)})" for row in rows if row.gain >= least]
    if helped:
        text += f"Far more with {', '.join(helped[:4])}{', ...' if len(helped) > 4 else ''}. "
    else:
        text += f"Nothing that was tried gives {number(least)} times as many. "
    text += "Each dot is a fit, with the variable held at a different typical draw"
    text += "; hollow: its chains disagree." if any(0 in row.gains for row in rows) else "."
    hidden = len(rows) - MOST_ROWS
    return text + (f" {hidden} more that help less are not shown." if hidden > 0 else "")


def _height(rows: Sequence[Row]) -> float:
    return 1.3 + 0.32 * (len(rows) + 1)


def _controls(ax, plain: Sequence[Run], best: float, height: int) -> None:
    at = [fit.ess_per_1000 / best for fit in plain]
    ax.axvspan(min(at), max(at), color=style.MUTED, alpha=0.2, linewidth=0)
    ax.plot(at, [height] * len(at), "o", color=style.MUTED, markersize=6, markeredgewidth=0)


def _dots(ax, height: int, row: Row, best: float, least: float) -> None:
    """Filled where the chains agree: only there the figure counts."""
    colour = style.PLAIN if row.gain >= least else style.LIMIT
    for fit, gain in zip(row.fits, row.gains, strict=True):
        at = gain or (fit.ess_per_1000 or 0.0) / best
        if at > 0:
            ax.plot(at, height, "o", color=colour, mfc=colour if gain else "white", markersize=6)
    ax.axhline(height, color="#EEEEEE", linewidth=0.8, zorder=0)


def _columns(ax, rows: Sequence[Row], plain: Sequence[Run]) -> None:
    """The figures beside the dots: gain, divergences, R-hat; medians over the places."""
    ax.axis("off")
    for place, title in zip(_PLACES, ("gain", "divergences", "R-hat"), strict=True):
        _cell(ax, place, len(rows) + 1, title, fontweight="bold")
    lines = [("", plain), *((times(row.gain), row.fits) for row in rows)]
    for height, (gain, fits) in zip(range(len(rows), -1, -1), lines, strict=True):
        share, rhat = _median(fits, "divergent_share"), _median(fits, "max_rhat")
        wrong = (False, share > thresholds.BENIGN_DIVERGENT_SHARE, rhat > CURED_RHAT)
        cells = (gain, percent(float(f"{share:.2g}")), "unknown" if np.isnan(rhat) else f"{rhat:.2f}")
        for place, cell, bad in zip(_PLACES, cells, wrong, strict=True):
            _cell(ax, place, height, cell, color=style.WRONG if bad else style.INK)


def _cell(ax, place: float, height: float, words: str, **look: Any) -> None:
    across = ax.get_yaxis_transform()
    ax.text(place, height, words, transform=across, ha="right", va="center", fontsize=8, **look)


def _median(fits: Sequence[Run], key: str) -> float:
    values = [getattr(fit, key) for fit in fits if known(getattr(fit, key))]
    return float(np.median(values)) if values else np.nan


def times(gain: float) -> str:
    """``× 760``, to two digits."""
    return f"× {number(float(f'{gain:.2g}'))}" if gain else "none"
