"""``energy.png``: can the sampler's momentum reach the energies that the posterior has?"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from faultline.core.sections.record import Record
from faultline.criteria import thresholds
from faultline.report.markdown import known, number
from faultline.report.plots import style
from faultline.report.plots.draws import Draws, run_words, shown_sampling

MOST_CHAINS = 8


def draw(record: Record, draws: Draws) -> Figure:
    """Per chain: the distribution of the energy and that of its change from draw to draw, with E-BFMI."""
    energy = draws.stat("energy")
    if energy is None:
        raise style.NothingToDraw("The sampler recorded no finite energy, so E-BFMI is unknown.")
    if energy.shape[1] < 3:
        raise style.NothingToDraw(f"{energy.shape[1]} draws are too few for a distribution of energies.")
    bfmi = shown_sampling(record, draws).ebfmi
    shown = min(len(energy), MOST_CHAINS)
    columns = min(shown, 4)
    rows = -(-shown // columns)
    fig = style.start(record, "Energy of each chain", _seen(record, draws, bfmi), height=2.9 * rows + 0.3)
    axes = fig.subplots(rows, columns, squeeze=False, sharex=True)
    for i, ax in enumerate(axes.flat):
        if i < shown:
            _panel(ax, energy[i], i, bfmi[i] if i < len(bfmi) else None)
        else:
            ax.axis("off")
    for ax in axes[:, 0]:
        ax.set_ylabel("density")
    for ax in axes[-1]:
        ax.set_xlabel("energy (centered) and its change")
    handles = axes.flat[0].get_legend_handles_labels()
    fig.legend(*handles, loc="outside lower left", ncols=2)
    return fig


def _panel(ax, energy: np.ndarray, chain: int, bfmi: float | None) -> None:
    energy = energy[np.isfinite(energy)]
    low = known(bfmi) and bfmi < thresholds.EBFMI_MIN
    title = f"chain {chain}: E-BFMI {number(bfmi, 2)}" + (f" < {thresholds.EBFMI_MIN}" if low else "")
    ax.set_title(title, color=style.WRONG if low else style.INK, fontweight="bold" if low else "normal")
    ax.set_yticks([])
    if len(energy) < 3 or np.ptp(energy) == 0:
        ax.text(
            0.5, 0.5, "energy constant or missing", transform=ax.transAxes, ha="center", color=style.WRONG
        )
        return
    centred, change = energy - energy.mean(), np.diff(energy)
    edges = np.linspace(min(centred.min(), change.min()), max(centred.max(), change.max()), 31)
    ax.hist(centred, edges, density=True, color=style.MUTED, alpha=0.6, label="energy")
    ax.hist(
        change,
        edges,
        density=True,
        histtype="step",
        color=style.PLAIN,
        linewidth=1.5,
        label="change from draw to draw",
    )


def _seen(record: Record, draws: Draws, bfmi: Sequence[float | None]) -> str:
    finite = [value for value in bfmi if known(value)]
    text = f"Shown: {run_words(record, draws)}. "
    if not finite:
        return text + "E-BFMI is unknown."
    low = sum(value < thresholds.EBFMI_MIN for value in finite)
    if low:
        return text + (
            f"{low} of {len(bfmi)} chains are below E-BFMI {thresholds.EBFMI_MIN}: the energy changes in steps much smaller than "
            "its spread, so the chain cannot move between the narrow and the wide parts of the posterior."
        )
    return (
        text
        + f"Every known E-BFMI is at least {thresholds.EBFMI_MIN}: the changes are about as wide as the energies."
    )
