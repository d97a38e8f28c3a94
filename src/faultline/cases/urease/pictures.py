"""Pictures of a run of ``urease``: records before and after features, the fit of the network, its estimates, forecasts; and the audit's own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from faultline.cases.urease import dataset, evaluation, features
from faultline.targets.pipeline_run import Output

BLUE, RED, GREEN = "#0072B2", "#D55E00", "#009E73"
SHOWN = 6  # records, rows
CADENCES = {"fast": (GREEN, "0.3 s"), "usual": (BLUE, "1 s"), "slow": (RED, "10 s")}


def of_stage(stage: str, output: Output, axes: Axes) -> None:
    """What one stage left; nothing of a stage that leaves no arrays worth a look."""
    if stage == "generate":
        for name, (color, words) in CADENCES.items():
            times = output.arrays[f"t_{name}"]
            for place, record in enumerate(output.arrays[f"pH_{name}"][:SHOWN]):
                axes.plot(times, record, ".-", ms=4, lw=0.7, color=color, label=words if place == 0 else None)
        axes.set(title="test records by cadence", xlabel="s", ylabel="pH")
        axes.legend()
    elif stage == "features":
        for place in range(output.train_channels.shape[-1]):
            axes.plot(output.train_channels[:SHOWN, :, place].T, lw=0.8, color=(BLUE, RED, GREEN)[place])
        counted = output.train_counted[0].sum()
        axes.axvline(counted - 0.5, color="gray", ls=":")
        axes.set(
            title="what enters: pH blue, then time and its steps", xlabel=f"point; {counted:.0f} are pooled"
        )
    elif stage == "evaluate":
        truth, found, sd = output.truth[:, 0], output.parameters[:, 0], output.sd[:, 0]
        bars = np.clip(evaluation.Z90 * sd, 0, 3) if output.facts["coverage"] is not None else None
        axes.errorbar(truth, found, bars, fmt=".", color=BLUE, ecolor="#56B4E9", lw=0.8)
        axes.axline((0, 0), slope=1, color="gray", lw=0.8)
        axes.set(
            title="E0 of the test rows with 90 percent intervals", xlabel="true, g/L", ylabel="estimated"
        )
    elif stage == "forecast":
        times = evaluation.times()
        for place in range(min(SHOWN, len(output.truth))):
            for name, color, style in (("truth", "gray", "-"), ("fit", GREEN, "--"), ("network", RED, "--")):
                axes.plot(
                    times,
                    output.arrays[name][place],
                    style,
                    color=color,
                    lw=1,
                    label=name if place == 0 else None,
                )
        axes.set(title="forecasts from the first seconds", xlabel="s", ylabel="pH")
        axes.legend()


def batch(path: Path, rows: Any, predicted: np.ndarray, epoch: int) -> None:
    """The audit's picture of a batch, 2 x 2: pH, time, and the predictions of both parameters against their targets."""
    figure = Figure(figsize=(12, 10), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots(2, 2)
    channels, target = np.asarray(rows.channels), np.asarray(rows.target)
    axes[0, 0].plot(channels[:SHOWN, :, 0].T, lw=0.8)
    axes[0, 0].set(title="pH, normalized", xlabel="point")
    if channels.shape[-1] > 1:
        axes[0, 1].plot(channels[:SHOWN, :, 1].T, lw=0.8)
    axes[0, 1].set(title="time, as it enters", xlabel="point")
    for place, name in enumerate(dataset.INFER_PARAMS):
        axes[1, place].plot(target[:, place], predicted[: len(target), place], ".", color=BLUE)
        axes[1, place].axline((0, 0), slope=1, color="gray", lw=0.8)
        axes[1, place].set(title=f"{name}, normalized", xlabel="target", ylabel="prediction")
    figure.suptitle(f"epoch {epoch}")
    figure.savefig(path, dpi=80, metadata={"Software": None})


def normalized_time(
    stats: Mapping[str, Any], choices: features.Choices, path: Path
) -> dict[str, list[float]]:
    """Time as it enters the network and its differences, for the three cadences under each way to scale it; the mean differences."""
    figure = Figure(figsize=(13, 6), layout="constrained")
    FigureCanvasAgg(figure)
    ways = ("raw", "global_z", "per_sequence_z")
    axes = figure.subplots(2, len(ways))
    found = {}
    for column, way in enumerate(ways):
        times = np.array(list(dataset.CADENCES.values()))[:, None] * np.arange(features.POINTS)
        entered = features.scaled(times, stats["t"], way)
        for row, (color, words) in zip(entered, CADENCES.values(), strict=True):
            axes[0, column].plot(row, color=color, label=words)
            axes[1, column].plot(np.diff(row), color=color)
        axes[0, column].set(title=f"time: {way}")
        axes[1, column].set(title="its differences", yscale="log", xlabel="point")
        found[way] = np.diff(entered, axis=1).mean(axis=1).tolist()
    axes[0, 0].legend()
    figure.savefig(path, dpi=80, metadata={"Software": None})
    return found


def as_drawn(every: int, draw: Callable[[int, Any], None]) -> Callable:
    """`jax.lax.scan` in pieces of ``every`` steps, with the state drawn after each."""
    import jax

    def scan(step: Callable, state: Any, xs: Any) -> tuple[Any, dict[str, np.ndarray]]:
        piece = jax.jit(lambda state, xs: jax.lax.scan(step, state, xs))
        length, traces = len(jax.tree.leaves(xs)[0]), []
        for begin in range(0, length, every):
            state, terms = piece(state, jax.tree.map(lambda each, b=begin: each[b : b + every], xs))
            traces.append(terms)
            draw(begin + every, state)
        return state, {
            name: np.concatenate([np.asarray(each[name]) for each in traces]) for name in traces[0]
        }

    return scan
