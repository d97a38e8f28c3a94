"""``logp_terms.png``: which terms make up the log-probability at the start, and how good a start it is."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure

from faultline.core.sections.model import Logp
from faultline.core.sections.record import Record
from faultline.report.markdown import exact, known
from faultline.report.plots import style

MOST_TERMS = 15


def draw(record: Record, draws: None = None) -> Figure:
    """Bars of the worst terms, non-finite ones in words; below them the log-probability of the start points."""
    logp = record.logp
    terms = logp.terms[:MOST_TERMS]
    if not terms:
        raise style.NothingToDraw("The log-probability was not evaluated.")
    starts = _starts(logp)
    height = 0.9 + 0.32 * len(terms)
    more = 1.0 + 0.25 * len(starts) if starts else 0
    fig = style.start(record, "Log-probability at the initial point", _seen(logp), height=height + more)
    if starts:
        axes = fig.subplots(2, 1, height_ratios=[height, more])
        _start_points(axes[1], starts)
    else:
        axes = [fig.subplots()]
    _terms(axes[0], terms, {name for pair in logp.equal_terms or () for name in pair["names"]})
    return fig


def _starts(logp: Logp) -> list[tuple[str, float | None, bool]]:
    """(label, log-probability, jittered) of each start point that was tried."""
    found = []
    if logp.start.without_jitter is not None:
        found.append(("without jitter", logp.start.without_jitter.get("logp"), False))
    for i, row in enumerate(logp.start.with_jitter):
        found.append((f"with jitter, seed {row.get('seed', i)}", row.get("logp"), True))
    return found


def _seen(logp: Logp) -> str:
    text = f"Total {exact(logp.total)}. "
    broken = [t["name"] for t in logp.terms if not known(t.get("value"))]
    if broken:
        text += f"Not finite: {', '.join(broken[:5])}. "
    for pair in (logp.equal_terms or ())[:2]:
        first, *rest = pair["names"]
        verb = "is contained in" if pair.get("kind") == "contained" else "equals, up to a constant,"
        text += f"{first} {verb} {' and '.join(rest)}: counted twice? "
    return text.strip()


def _terms(ax, terms, twice: set[str]) -> None:
    heights = np.arange(len(terms))[::-1]
    values = np.array([t["value"] if known(t.get("value")) else np.nan for t in terms], float)
    colours = [style.WRONG if t["name"] in twice else style.PLAIN for t in terms]
    ax.barh(heights, np.nan_to_num(values), color=colours, height=0.65)
    style.log_axis(ax.xaxis, linear_below=1)
    ax.axvline(0, color="#777777", linewidth=0.8)
    for height, term, value in zip(heights, terms, values, strict=True):
        label = (
            exact(term.get("value"))
            if known(term.get("value"))
            else f"{exact(term.get('value'))}: not finite"
        )
        ax.annotate(
            label,
            (0 if np.isnan(value) or value < 0 else value, height),
            xytext=(4, 0),
            textcoords="offset points",
            va="center",
            fontsize=8,
            color=style.INK if known(term.get("value")) else style.WRONG,
        )
    ax.set_yticks(heights, [style.shorten(t["name"]) for t in terms])
    ax.set_ylim(-0.6, len(terms) - 0.4)
    ax.margins(x=0.16)
    ax.set_title(f"the {len(terms)} lowest terms" + (" (vermilion: counted twice?)" if twice else ""))
    ax.set_xlabel("log-probability (logarithmic away from 0)")


def _start_points(ax, starts) -> None:
    heights = np.arange(len(starts))[::-1]
    for height, (_, value, jittered) in zip(heights, starts, strict=True):
        if known(value):
            ax.plot(
                value,
                height,
                "D" if jittered else "o",
                color=style.CHAINS[1] if jittered else style.PLAIN,
                markersize=7,
            )
            ax.annotate(
                exact(value),
                (value, height),
                xytext=(8, 0),
                textcoords="offset points",
                va="center",
                fontsize=8,
            )
        else:
            ax.text(
                0.5, height, exact(value), transform=ax.get_yaxis_transform(), va="center", color=style.WRONG
            )
    ax.set_yticks(heights, [label for label, *_ in starts])
    ax.set_ylim(-0.6, len(starts) - 0.4)
    style.log_axis(ax.xaxis, linear_below=1)
    ax.margins(x=0.2)
    ax.set_title("where a chain starts (further right is better)")
    ax.set_xlabel("log-probability (logarithmic away from 0)")
