"""Draws as the panels of ``suspects.png`` want them: which elements to show, and how to paint them."""

from __future__ import annotations

import itertools

import numpy as np
from matplotlib.axes import Axes

from faultline.core.sections.record import Record
from faultline.core.sections.section import Row
from faultline.engine.names import element
from faultline.report.plots import style
from faultline.report.plots.draws import Draws, split_label

_MOST_POINTS = 4000  # more dots than this only make a blot
_MOST_ELEMENTS = 40  # of a variable, among which a pair is looked for
_BINS = 12


def scale(record: Record, draws: Draws, label: str) -> str:
    """What to call a value on the sampler's scale: ``log tau`` for a positive variable."""
    name = split_label(label)[0]
    transform = next(
        (str(row.get("transform") or "") for row in record.model.free_rvs if row["name"] == name), ""
    )
    before = {"": "", "log": "log ", "logodds": "log-odds "}
    called = draws.called(label)
    return before[transform] + called if transform in before else f"{called} (unconstrained)"


def elements(draws: Draws, name: str) -> list[str]:
    if name not in draws.posterior:
        return []
    shape = draws.posterior[name].shape[2:]
    return [element(name, index) for index in itertools.islice(np.ndindex(shape), _MOST_ELEMENTS)]


def apart(draws: Draws, label: str) -> float:
    """The largest distance between two chains' means, in standard deviations within chains."""
    values = draws.element(label)
    within = float(np.sqrt(values.var(axis=1).mean()))
    return float(np.ptp(values.mean(axis=1))) / within if within > 0 else 0.0


def closest_pair(draws: Draws, labels: list[str]) -> tuple[str, str, float]:
    """The two values with the largest correlation within chains, the median over these; of two variables, one of each."""
    values = np.array([draws.element(label) for label in labels])
    with np.errstate(all="ignore"):
        each = [np.nan_to_num(np.corrcoef(values[:, chain])) for chain in range(draws.n_chains)]
    r = np.median(each, axis=0)
    names = [split_label(label)[0] for label in labels]
    many = len(set(names)) > 1
    pairs = [
        (i, j) for i, j in itertools.combinations(range(len(labels)), 2) if not many or names[i] != names[j]
    ]
    i, j = max(pairs, key=lambda pair: abs(r[pair]))
    return labels[i], labels[j], float(r[i, j])


def exchanged(labels: list[str], symmetry: Row | None) -> list[str] | None:
    """The first two elements along the axis of an exchange."""
    if not symmetry or symmetry["kind"] != "exchange":
        return None
    axis = symmetry["axis"] or 0
    name, index = split_label(labels[0])
    other = list(index)
    other[axis] = 1
    return [element(name, index), element(name, other)]


def band(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Medians of x in bins of equal counts, and the 10 and 90 % quantiles of y there."""
    parts = [part for part in np.array_split(np.argsort(x), _BINS) if len(part)]
    low, high = np.array([np.quantile(y[part], (0.1, 0.9)) for part in parts]).T
    return np.array([np.median(x[part]) for part in parts]), low, high


def dots(ax: Axes, x: np.ndarray, y: np.ndarray, divergent: np.ndarray) -> None:
    x, y, bad = x.ravel(), y.ravel(), divergent.ravel()
    thin = slice(None, None, max(1, x.size // _MOST_POINTS))
    ax.plot(
        x[~bad][thin], y[~bad][thin], "o", color=style.PLAIN, alpha=0.3, markersize=2.5, markeredgewidth=0
    )
    if bad.any():
        ax.plot(x[bad], y[bad], "x", color=style.WRONG, markersize=5, markeredgewidth=1.2, label="divergent")


def by_chain(ax: Axes, draws: Draws, first: str, second: str, *, centred: bool = False) -> None:
    """The draws of two values, coloured by chain; `centred` draws each chain around its own mean."""
    x, y = draws.element(first), draws.element(second)
    if centred:
        x, y = (values - values.mean(axis=1, keepdims=True) for values in (x, y))
    thin = slice(None, None, max(1, x.size // _MOST_POINTS))
    for c in range(len(x)):
        colour = style.chain_colour(c)
        ax.plot(x[c, thin], y[c, thin], "o", color=colour, alpha=0.35, markersize=2.5, markeredgewidth=0)
        ax.plot([], [], "o", color=colour, label=f"chain {c}")
    bad = draws.divergent
    if bad.any():
        ax.plot(x[bad], y[bad], "x", color=style.WRONG, markersize=5, markeredgewidth=1.2, label="divergent")


def image(ax: Axes, draws: Draws, chosen: list[str], symmetry: Row | None) -> None:
    """Where the symmetry takes the draws."""
    if symmetry is None:
        return
    x, y = (draws.element(label).ravel() for label in chosen)
    thin = slice(None, None, max(1, x.size // _MOST_POINTS))
    other = (y, x) if symmetry["kind"] == "exchange" else (-x, -y)
    ax.plot(
        other[0][thin], other[1][thin], "o", color=style.MUTED, alpha=0.3, markersize=2.5, markeredgewidth=0
    )
    ax.plot([], [], "o", color=style.MUTED, label="fits as well")


def densities(ax: Axes, draws: Draws, label: str) -> None:
    values = draws.element(label)
    edges = np.linspace(values.min(), values.max(), 41)
    for c, chain in enumerate(values):
        colour = style.chain_colour(c)
        ax.hist(chain, edges, density=True, histtype="step", color=colour, linewidth=1.4, label=f"chain {c}")


def finish(ax: Axes, across: str, upwards: str) -> None:
    ax.set_xlabel(across)
    ax.set_ylabel(upwards)
    if ax.get_legend_handles_labels()[0]:
        ax.legend(loc="best", fontsize=7.5)
