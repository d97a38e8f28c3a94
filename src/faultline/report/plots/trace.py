"""``trace_selected.png``: what each chain did to a handful of parameters, and whether the chains agree."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from faultline.core.sections.record import Record
from faultline.core.sections.run import Run
from faultline.core.sections.section import Row
from faultline.engine.names import element
from faultline.report.markdown import known, number, plural
from faultline.report.plots import style
from faultline.report.plots.draws import Draws, run_words, shown_sampling, split_label

MOST_ROWS = 6
_RANK_BINS = 10
_LOG_SPAN = 100.0  # positive values that span more than two decades read better on a log axis


def draw(record: Record, draws: Draws) -> Figure:
    """Trace, marginal and ranks of the selected parameters, one row each; divergent draws marked."""
    sampling = shown_sampling(record, draws)
    labels = choose(sampling, draws)
    if not labels:
        raise style.NothingToDraw("None of the selected parameters is among the draws.")
    n_divergent = int(draws.divergent.sum())
    priors = _priors(sampling)
    fig = style.start(
        record,
        f"Traces of {plural(len(labels), 'selected parameter')}",
        _seen(record, draws, n_divergent, any(split_label(label) in priors for label in labels)),
        height=0.6 + 1.1 * len(labels),
    )
    axes = fig.subplots(len(labels), 3, squeeze=False, sharex="col", width_ratios=[6, 1.3, 2.2])
    variables = {row["name"]: row for row in sampling.variables}
    for row, label in zip(axes, labels, strict=True):
        _row(row, draws, label, variables.get(split_label(label)[0], {}), priors.get(split_label(label)))
    axes[0, 1].set_title("marginal", fontsize=9, color="#555555")
    axes[0, 2].set_title("ranks (flat = chains agree)", fontsize=9, color="#555555")
    axes[-1, 0].set_xlabel("draw")
    axes[-1, 2].set_xlabel("rank among all draws")
    _legend(fig, axes[0, 0], draws, n_divergent)
    return fig


def choose(sampling: Run, draws: Draws) -> list[str]:
    """At most six elements of the selected variables, the worst element of each first, then in turn the others."""
    selected = sampling.selected["names"] if sampling.selected else ()
    names = [n for n in selected if split_label(n)[0] in draws.posterior]
    if not names:
        names = [str(n) for n in draws.posterior.data_vars][:MOST_ROWS]
    worst = {row["name"]: row.get("rhat_worst_index") for row in sampling.variables}
    queues = [_elements(name, draws, worst.get(name)) for name in names]
    chosen: list[str] = []
    while any(queues) and len(chosen) < MOST_ROWS:
        for queue in queues:
            if queue and len(chosen) < MOST_ROWS:
                chosen.append(queue.pop(0))
    return sorted(chosen, key=lambda label: names.index(_owner(label, names)))


def _owner(label: str, names: list[str]) -> str:
    return label if label in names else split_label(label)[0]


def _elements(name: str, draws: Draws, worst) -> list[str]:
    if split_label(name)[1]:
        return [name]
    shape = draws.posterior[name].shape[2:]
    if not shape:
        return [name]
    first = (
        [tuple(np.atleast_1d(worst).astype(int))]
        if worst is not None and np.size(worst) == len(shape)
        else []
    )
    rest = [index for index in np.ndindex(*shape) if index not in first]
    return [element(name, index) for index in (first + rest)[:MOST_ROWS]]


def _priors(sampling: Run) -> dict[tuple[str, tuple[int, ...]], tuple[float, float]]:
    """Where 90 % of the prior of an element lies. The record has it of variables whose prior depends on no other, and of each of
    these for the element that lies furthest from it.
    """
    return {
        (row["name"], tuple(row.get("index") or ())): (row["prior"][0], row["prior"][-1])
        for row in sampling.priors
        if row.get("prior") and all(map(known, row["prior"]))
    }


def _seen(record: Record, draws: Draws, n_divergent: int, with_priors: bool) -> str:
    total = draws.divergent.size
    text = f"Shown: {run_words(record, draws)}. "
    text += f"{n_divergent} of {total} draws diverged." if n_divergent else f"None of {total} draws diverged."
    if with_priors:
        text += " Gray: 90 % of the prior, where it depends on no other variable."
    if draws.n_chains == 1:
        text += " One chain alone cannot show whether chains agree."
    return text


def _row(row, draws: Draws, label: str, figures: Row, prior: tuple[float, float] | None) -> None:
    trace, marginal, ranks = row
    values = draws.element(label)
    finite = np.isfinite(values)
    trace.set_ylabel(style.shorten(draws.called(label)), rotation=0, ha="right", va="center")
    trace.set_title(
        f"worst R-hat of the variable {number(figures.get('rhat_max'))}, smallest ESS {number(figures.get('ess_bulk_min'), 3)}"
        + (f"; 90 % of the prior from {number(prior[0], 3)} to {number(prior[1], 3)}" if prior else ""),
        fontsize=8,
        color="#555555",
    )
    if not finite.any():
        trace.text(
            0.5, 0.5, "no finite draw", transform=trace.transAxes, ha="center", va="center", color=style.WRONG
        )
        marginal.axis("off")
        ranks.axis("off")
        return
    for i, chain in enumerate(values):
        trace.plot(chain, color=style.chain_colour(i), linewidth=0.7, alpha=0.85)
    where = np.argwhere(draws.divergent & finite)
    if len(where):
        marks = values[where[:, 0], where[:, 1]]
        trace.plot(where[:, 1], marks, "x", color=style.WRONG, markersize=5, markeredgewidth=1.3, zorder=3)
    spread = values[finite]
    if spread.min() > 0 and spread.max() / spread.min() > _LOG_SPAN:
        style.log_axis(trace.yaxis)
    trace.margins(x=0.01)
    if prior:  # what lies beyond the draws is cut off: a wide prior would make a line of them
        limits = trace.get_ylim()
        trace.axhspan(*prior, color=style.MUTED, alpha=0.18, linewidth=0, zorder=0)
        trace.set_ylim(limits)
    _marginal(marginal, trace, values, finite)
    _ranks(ranks, values)


def _marginal(ax, trace, values: np.ndarray, finite: np.ndarray) -> None:
    low, high = values[finite].min(), values[finite].max()
    if high > low:
        log = trace.get_yscale() == "log"
        edges = np.geomspace(low, high, 25) if log else np.linspace(low, high, 25)
        if np.equal(np.rint(values[finite]), values[finite]).all():  # as many whole numbers in every bin
            step = int(np.ceil((high - low + 1) / 24))
            edges = np.arange(low - 0.5, high + step, step)
        for i, chain in enumerate(values):
            ax.hist(
                chain[np.isfinite(chain)],
                edges,
                orientation="horizontal",
                histtype="step",
                color=style.chain_colour(i),
            )
        ax.set_yscale(trace.get_yscale())
        ax.set_ylim(trace.get_ylim())
    else:
        ax.text(0.5, 0.5, "constant", transform=ax.transAxes, ha="center", va="center", color=style.WRONG)
    ax.tick_params(labelleft=False, labelbottom=False, left=False, bottom=False, which="both")
    ax.spines[["left", "bottom"]].set_visible(False)


def _ranks(ax, values: np.ndarray) -> None:
    if np.nanmin(values) == np.nanmax(values) or not np.isfinite(values).all():
        ax.text(0.5, 0.5, "no ranks", transform=ax.transAxes, ha="center", va="center", color=style.MUTED)
        ax.axis("off")
        return
    edges = np.linspace(0.5, values.size + 0.5, _RANK_BINS + 1)
    for i, chain in enumerate(ranked(values)):
        ax.stairs(
            np.histogram(chain, edges)[0], edges, baseline=None, color=style.chain_colour(i), linewidth=1.2
        )
    ax.axhline(values.shape[1] / _RANK_BINS, color=style.LIMIT, linestyle="--", linewidth=0.8)
    ax.set_ylim(0, None)
    ax.set_yticks([])
    ax.set_xticks([])


def ranked(values: np.ndarray) -> np.ndarray:
    """Ranks among all draws, from 1; equal values, as discrete ones are, share theirs out by chance, so that no rank stays empty."""
    chance = np.random.default_rng(0).permutation(values.size)
    ranks = pd.Series(values.ravel()[chance]).rank(method="first").to_numpy()
    return ranks[np.argsort(chance)].reshape(values.shape)


def _legend(fig: Figure, ax, draws: Draws, n_divergent: int) -> None:
    handles = [
        ax.plot([], [], color=style.chain_colour(i), linewidth=2, label=f"chain {i}")[0]
        for i in range(draws.n_chains)
    ]
    if n_divergent:
        handles += ax.plot([], [], "x", color=style.WRONG, label="divergent draw")
    fig.legend(handles=handles, loc="outside lower left", ncols=8)
