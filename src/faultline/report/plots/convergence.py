"""``rhat_ess.png``: which free variables the chains disagree on, and which they know least about."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure

from faultline.core.sections.record import Record
from faultline.core.sections.run import Run
from faultline.core.sections.section import Row
from faultline.criteria import thresholds
from faultline.engine.names import element_of
from faultline.report.markdown import known, number, plural
from faultline.report.plots import style

MOST_VARIABLES = 20
_OVER_ONE = 1e-4  # R-hat is drawn as its excess over 1, so that 1.003 and 1.3 both show


def draw(record: Record, draws: None = None) -> Figure:
    """R-hat and effective sample size of the worst free variables, with the thresholds as lines."""
    sampling = record.judged_run
    if not sampling.variables:
        raise style.NothingToDraw("R-hat and effective sample size were not measured.")
    rows = sorted(sampling.variables, key=_badness, reverse=True)[:MOST_VARIABLES]
    fig = style.start(
        record, "Convergence of the free variables", _seen(record, sampling), height=1.5 + 0.27 * len(rows)
    )
    left, right = fig.subplots(1, 2, sharey=True)
    heights = np.arange(len(rows))[::-1]
    _rhat(left, rows, heights)
    _ess(right, rows, heights)
    left.set_yticks(heights, [style.shorten(element_of(r, before="rhat_worst_")) for r in rows])
    left.set_ylim(-0.7, len(rows) - 0.3)
    fig.legend(*right.get_legend_handles_labels(), loc="outside lower right", ncols=2)
    return fig


def _badness(row: Row) -> tuple:
    """Unknown first: a variable without R-hat is never a good one."""
    rhat, ess = row.get("rhat_max"), row.get("ess_bulk_min")
    return (not known(rhat), rhat if known(rhat) else 0, -ess if known(ess) else 0)


def _seen(record: Record, sampling: Run) -> str:
    rows = sampling.variables
    run = "longer run" if sampling is record.sampling_extended else "run as asked"
    over = sum(known(r.get("rhat_max")) and r["rhat_max"] > thresholds.RHAT_MAX for r in rows)
    unknown = sum(not known(r.get("rhat_max")) for r in rows)
    text = f"Shown: {run}; the worst element of each variable, worst first. "
    text += f"{over} of {plural(len(rows), 'variable')} exceed R-hat {thresholds.RHAT_MAX}"
    return text + (f"; R-hat is unknown for {unknown}." if unknown else ".")


def _rhat(ax, rows, heights) -> None:
    ax.set_title("R-hat: do the chains agree? (left of the line: yes)", pad=14)
    style.log_axis(ax.xaxis)
    for row, height in zip(rows, heights, strict=True):
        value = row.get("rhat_max")
        if not known(value):
            ax.text(
                0.99,
                height,
                "unknown",
                transform=ax.get_yaxis_transform(),
                ha="right",
                va="center",
                color=style.WRONG,
            )
            continue
        bad = value > thresholds.RHAT_MAX
        excess = max(value - 1, _OVER_ONE)
        ax.plot([_OVER_ONE, excess], [height] * 2, color="#DDDDDD", zorder=1)
        ax.plot(
            excess, height, "o" if not bad else "D", color=style.WRONG if bad else style.PLAIN, markersize=6
        )
    style.limit_line(ax, thresholds.RHAT_MAX - 1, number(thresholds.RHAT_MAX), ha="center")
    top = max([r["rhat_max"] - 1 for r in rows if known(r.get("rhat_max"))], default=0.1)
    ax.set_xlim(_OVER_ONE, max(0.1, top) * 2)
    ticks = [t for t in (1e-3, 1e-2, 1e-1, 1, 10) if t <= max(0.1, top) * 2]
    ax.set_xticks(ticks, [f"{1 + t:g}" for t in ticks])
    ax.minorticks_off()
    ax.set_xlabel("R-hat (scaled by its excess over 1)")


def _ess(ax, rows, heights) -> None:
    ax.set_title("effective sample size (right of the line: enough)", pad=14)
    style.log_axis(ax.xaxis)
    for key, marker, label in (("ess_bulk_min", "o", "bulk ESS"), ("ess_tail_min", "^", "tail ESS")):
        pairs = [(r[key], h) for r, h in zip(rows, heights, strict=True) if known(r.get(key)) and r[key] > 0]
        for bad, colour in ((False, style.PLAIN), (True, style.WRONG)):
            chosen = [p for p in pairs if (p[0] < thresholds.ESS_MIN) == bad]
            ax.plot(
                [p[0] for p in chosen], [p[1] for p in chosen], marker, color=colour, markersize=6, alpha=0.8
            )
        ax.plot([], [], marker, color=style.MUTED, label=label)
    style.limit_line(ax, thresholds.ESS_MIN, number(thresholds.ESS_MIN), ha="center")
    left, right = ax.get_xlim()
    ax.set_xlim(min(left, thresholds.ESS_MIN / 4), max(right, thresholds.ESS_MIN * 2))
    ax.set_xlabel("effective draws")
    ax.tick_params(axis="y", left=False)
