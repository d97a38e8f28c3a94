"""``divergence_pairs.png``: where in the posterior the divergent draws lie."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure

from faultline.core.sections.record import Record
from faultline.core.sections.run import Run
from faultline.criteria.thresholds import DIVERGENCES_MIN
from faultline.engine.names import element
from faultline.findings.outcome import set_apart
from faultline.report.markdown import number
from faultline.report.plots import style
from faultline.report.plots.draws import Draws, run_words, shown_sampling, split_label
from faultline.report.plots.trace import choose

MOST_VARIABLES = 4
_FEW = 20  # fewer divergent draws than this make no density
_MOST_POINTS = 4000  # more dots than this only make a blot


@dataclass(frozen=True)
class Variable:
    """One element on the scale the sampler moves in: ordinary draws of each chain, and the divergences among or beside them."""

    label: str
    chains: list[np.ndarray]
    divergent: np.ndarray

    @property
    def plain(self) -> np.ndarray:
        return np.concatenate(self.chains)


def draw(record: Record, draws: Draws) -> Figure:
    """Pairs of the variables whose divergences lie furthest from the other draws, on the scale the sampler moves in."""
    sampling = shown_sampling(record, draws)
    n_divergent = int(draws.divergent.sum())
    shifted = _shifted(sampling, draws) if n_divergent else []
    others = [label for label in choose(sampling, draws) if label not in shifted]
    labels = (shifted + others)[:MOST_VARIABLES]
    if not labels:
        raise style.NothingToDraw("None of the variables to pair is among the draws.")
    variables, where = _on_sampler_scale(record, draws, labels)
    variables = [v for v in variables if np.isfinite(v.plain).any() or np.isfinite(v.divergent).any()]
    if not variables:
        raise style.NothingToDraw("No draw of the selected variables is finite.")
    size = len(variables)
    fig = style.start(
        record,
        "Where the divergences are"
        if n_divergent
        else "Pairs of selected parameters: no divergence to place",
        _seen(record, draws, sampling, n_divergent, shifted),
        height=2.1 * size + 0.6 if size > 1 else 3.2,
    )
    axes = fig.subplots(size, size, squeeze=False)
    for i, below in enumerate(variables):
        for j, across in enumerate(variables):
            _panel(axes[i, j], across, below, i, j, size)
    handles = [
        axes[0, 0].plot([], [], "o", color=style.chain_colour(i), markersize=4, label=f"draw of chain {i}")[0]
        for i in range(draws.n_chains)
    ]
    if n_divergent:
        handles += axes[0, 0].plot([], [], "x", color=style.WRONG, markeredgewidth=1.4, label=where)
    fig.legend(handles=handles, loc="upper right", bbox_to_anchor=(0.97, 1 - 1.1 / fig.get_figheight()))
    return fig


def _shifted(sampling: Run, draws: Draws) -> list[str]:
    """The elements in which divergences lie elsewhere, the most telling first; where chance explains them, none."""
    labels = [element(row["name"], row.get("index")) for row in set_apart(sampling)]
    return [label for label in labels if split_label(label)[0] in draws.posterior]


def _seen(record: Record, draws: Draws, sampling: Run, n_divergent: int, shifted: list[str]) -> str:
    text = f"Shown: {run_words(record, draws)}. "
    if not n_divergent:
        return text + "No draw diverged, so these are the selected parameters, for their shape only."
    text += f"{n_divergent} of {draws.divergent.size} draws diverged. "
    if shifted:
        first = next(
            row for row in set_apart(sampling) if element(row["name"], row.get("index")) == shifted[0]
        )
        return (
            f"{text}Within their chains they stand out most in {draws.called(shifted[0])} (Kolmogorov-Smirnov distance "
            f"{number(first.get('ks'), 2)}). {_in_order(len(shifted))}"
        )
    if sampling.divergence_positions.variables:
        return (
            text
            + "Within their chains they stand out in no variable more than by chance; shown are the selected parameters."
        )
    if n_divergent < DIVERGENCES_MIN:
        return text + f"It takes {DIVERGENCES_MIN} to say where they lie; shown are the selected parameters."
    return text + "Their positions were not compared; shown are the selected parameters."


def _in_order(n: int) -> str:
    if n >= MOST_VARIABLES:
        return "The variables are in that order."
    return (
        f"{'It comes' if n == 1 else f'The {n} in which they do come'} first, then the selected parameters."
    )


def _on_sampler_scale(record: Record, draws: Draws, labels: list[str]) -> tuple[list[Variable], str]:
    """The variables as NUTS sees them, and what the marks are: where trajectories broke, else the divergent draws.

    The logarithm of a positive variable, the log-odds of a share. Another transform cannot be redone without the model:
    such a variable stays as it is, and the marks are draws.
    """
    transforms = {row["name"]: str(row.get("transform") or "").lower() for row in record.model.free_rvs}
    scales = [_scale(draws, label, transforms.get(split_label(label)[0], "")) for label in labels]
    names = {split_label(label)[0] for label in labels}
    exact = all(known_scale for *_, known_scale in scales)
    if exact and draws.broken is not None and names <= {str(name) for name in draws.broken.data_vars}:
        found = [
            Variable(shown, _by_chain(values, draws), draws.broken_at(label))
            for label, (shown, values, _) in zip(labels, scales, strict=True)
        ]
        return found, "where a trajectory broke"
    found = [
        Variable(shown, _by_chain(values, draws), values[draws.divergent]) for shown, values, _ in scales
    ]
    return found, "divergent draw"


def _by_chain(values: np.ndarray, draws: Draws) -> list[np.ndarray]:
    return [chain[~diverged] for chain, diverged in zip(values, draws.divergent, strict=True)]


def _scale(draws: Draws, label: str, transform: str) -> tuple[str, np.ndarray, bool]:
    """What to call the variable, its draws, and whether that is the sampler's own scale."""
    values, called = draws.element(label), draws.called(label)
    with np.errstate(divide="ignore", invalid="ignore"):
        if transform in ("log", "logtransform"):
            return f"log {called}", np.log(values), True
        if transform in ("logodds", "logoddstransform"):
            return f"log-odds {called}", np.log(values / (1 - values)), True
    return called, values, not transform


def _panel(ax, across: Variable, below: Variable, i: int, j: int, size: int) -> None:
    if j > i:
        ax.axis("off")
        return
    if i == j:
        _marginal(ax, across)
    else:
        _scatter(ax, across, below)
    ax.tick_params(labelsize=7.5)
    if i == size - 1:
        ax.set_xlabel(style.shorten(across.label))
    else:
        ax.tick_params(labelbottom=False)
    if j == 0 and i > 0:
        ax.set_ylabel(style.shorten(below.label))
    elif i != j:
        ax.tick_params(labelleft=False)


def _scatter(ax, x: Variable, y: Variable) -> None:
    thin = slice(None, None, max(1, len(x.plain) // _MOST_POINTS))
    for i, (across, below) in enumerate(zip(x.chains, y.chains, strict=True)):
        colour = style.chain_colour(i)
        ax.plot(across[thin], below[thin], "o", color=colour, alpha=0.35, markersize=2.5, markeredgewidth=0)
    ax.plot(x.divergent, y.divergent, "x", color=style.WRONG, markersize=5, markeredgewidth=1.2)


def _marginal(ax, x: Variable) -> None:
    """Ordinary draws and, where there are enough, divergences, each as a density of its own."""
    ax.set_yticks([])
    plain, divergent = x.plain[np.isfinite(x.plain)], x.divergent[np.isfinite(x.divergent)]
    both = np.concatenate([plain, divergent])
    low, high = both.min(), both.max()
    if high <= low:
        ax.text(0.5, 0.5, "constant", transform=ax.transAxes, ha="center", color=style.WRONG)
        return
    edges = np.linspace(low, high, 26)
    drawn = [(chain[np.isfinite(chain)], style.chain_colour(i), 1) for i, chain in enumerate(x.chains)]
    for values, colour, least in (*drawn, (divergent, style.WRONG, _FEW)):
        if len(values) >= least:
            ax.hist(values, edges, density=True, histtype="stepfilled", color=colour, alpha=0.2)
            ax.hist(values, edges, density=True, histtype="step", color=colour, linewidth=1.2)
    height = np.full(len(divergent), 0.03)
    ax.plot(divergent, height, "|", color=style.WRONG, markersize=9, transform=ax.get_xaxis_transform())
