"""``step_size_treedepth.png``: how small the steps had to be, and how often a trajectory was cut off."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure

from faultline.core.sections.record import Record
from faultline.criteria import thresholds
from faultline.report.markdown import known, number, percent
from faultline.report.plots import style
from faultline.report.plots.draws import AT_MAXIMUM, DEPTH, STEP_SIZE, Draws, run_words, shown_sampling


def draw(record: Record, draws: Draws) -> Figure:
    """Step size per draw, the draws cut off at the maximum depth, and how often each depth occurs."""
    steps, depths, cut = draws.stat(*STEP_SIZE), draws.stat(*DEPTH), draws.stat(*AT_MAXIMUM)
    if steps is None and depths is None:
        raise style.NothingToDraw("The sampler recorded neither step size nor tree depth.")
    share = shown_sampling(record, draws).max_treedepth_fraction
    if not known(share) and cut is not None:
        share = float(np.nanmean(cut > 0))
    fig = style.start(record, "Step size and tree depth", _seen(record, draws, steps, share), height=4.4)
    axes = fig.subplot_mosaic(
        [["steps", "depths"], ["cut", "depths"]], width_ratios=[1.25, 1], height_ratios=[2, 1]
    )
    axes["cut"].sharex(axes["steps"])
    _steps(axes["steps"], steps)
    _cut_off(axes["cut"], cut)
    _depths(axes["depths"], depths, cut)
    handles = [
        axes["steps"].plot([], [], color=style.chain_colour(i), linewidth=2, label=f"chain {i}")[0]
        for i in range(draws.n_chains)
    ]
    fig.legend(handles=handles, loc="outside lower left", ncols=8)
    return fig


def _seen(record: Record, draws: Draws, steps, share: float | None) -> str:
    text = f"Shown: {run_words(record, draws)}. "
    measured = shown_sampling(record, draws).mean_step_size
    mean = measured if measured is not None else (float(np.nanmean(steps)) if steps is not None else None)
    text += f"Mean step size {number(mean, 3)}; "
    if not known(share):
        return text + "whether trajectories reached the maximum depth is unknown."
    text += f"{percent(share)} of the draws reached the maximum tree depth"
    if share > thresholds.MAX_TREEDEPTH_SHARE:
        return text + ": trajectories are cut off before they turn, so each draw is costly and moves little."
    return text + "."


def _steps(ax, steps) -> None:
    ax.set_title("step size per draw")
    ax.tick_params(labelbottom=False)
    if steps is None:
        _say(ax, "step size not recorded")
        return
    for i, chain in enumerate(steps):
        ax.plot(chain, color=style.chain_colour(i), linewidth=1.8)
    positive = steps[np.isfinite(steps) & (steps > 0)]
    if len(positive):
        style.log_axis(ax.yaxis)
        ax.set_ylim(positive.min() / 4, positive.max() * 4)
    for i, chain in enumerate(steps):
        if np.isfinite(chain[-1]):
            note = ax.annotate(
                number(chain[-1], 2), (len(chain), chain[-1]), xytext=(4, 0), textcoords="offset points"
            )
            note.set(va="center", fontsize=8, color=style.chain_colour(i), annotation_clip=False)
    ax.margins(x=0.01)


def _cut_off(ax, cut) -> None:
    ax.set_title("draws cut off at the maximum depth, and their share")
    ax.set_xlabel("draw")
    if cut is None:
        _say(ax, "not recorded by this sampler")
        return
    for i, chain in enumerate(cut):
        reached = np.flatnonzero(chain > 0)
        ax.plot(
            reached,
            np.full(len(reached), i),
            "|",
            color=style.chain_colour(i),
            markersize=8,
            markeredgewidth=0.7,
        )
    ax.set_yticks(
        range(len(cut)), [f"chain {i}: {percent(float(np.mean(chain > 0)))}" for i, chain in enumerate(cut)]
    )
    ax.set_ylim(len(cut) - 0.4, -0.6)
    ax.set_xlim(-0.01 * cut.shape[1], 1.01 * cut.shape[1])


def _depths(ax, depths, cut) -> None:
    ax.set_title("how often each tree depth occurs", pad=14)
    ax.set_xlabel("tree depth d: up to 2^d gradients a draw")
    if depths is None:
        _say(ax, "tree depth not recorded")
        return
    finite = depths[np.isfinite(depths)].astype(int)
    levels = np.arange(finite.min(), finite.max() + 1)
    width = 0.8 / len(depths)
    for i, chain in enumerate(depths):
        shares = [np.mean(chain == level) for level in levels]
        ax.bar(
            levels + (i - (len(depths) - 1) / 2) * width, shares, width * 0.95, color=style.chain_colour(i)
        )
    ax.set_xticks(levels)
    ax.set_ylabel("share of draws")
    if cut is not None and (cut > 0).any():
        style.limit_line(ax, int(np.nanmax(depths[cut > 0])) + 0.5, "maximum", ha="right")


def _say(ax, words: str) -> None:
    ax.text(0.5, 0.5, words, transform=ax.transAxes, ha="center", va="center", color=style.MUTED)
    ax.set_yticks([])
