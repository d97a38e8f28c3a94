"""Pictures of a run of ``ptycho``: object beside reconstruction, and the scan on its canvas."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from faultline.cases.ptycho import comparison, inspection
from faultline.cases.ptycho.scene import N
from faultline.targets.pipeline_run import Output

TRUTH, HALVES = "object", ("train", "test")


def of_stage(stage: str, output: Output, axes: Axes) -> None:
    """What one stage left: object and scan of ``simulate``, the canvas of ``stitch``, the amplitude of ``compare``; else nothing."""
    if stage == "simulate":
        axes.imshow(np.abs(output.objectGuess), cmap="gray")
        axes.plot(output.xcoords, output.ycoords, ".", ms=4, color="#D55E00")
        axes.set_title("object, and where frames are centered")
    elif stage == "stitch":
        shown = axes.imshow(np.abs(output.object[0]))
        _outline(axes, len(output.object[0]), output.facts["size"], "#0072B2")
        _outline(axes, len(output.object[0]), output.facts["required_size"], "#009E73")
        axes.set_title("first half, its canvas (blue) and the required one (green)")
        axes.figure.colorbar(shown, ax=axes)
    elif stage == "compare":
        both = np.where(output.pixels, output.amplitude, np.nan)
        shown = axes.imshow(np.concatenate(list(both), axis=1), vmin=0, vmax=output.facts["truth"]["p95"])
        axes.set_title("amplitude of both halves, on the object's scale")
        axes.figure.colorbar(shown, ax=axes)


def reconstruction(made: Mapping[str, Output], path: Path) -> str:
    """Object, reconstruction and difference of both halves, and a note of what was measured: structure, canvas, shift and tiling."""
    truth, pixels, found = (
        np.abs(made["simulate"].objectGuess),
        made["compare"].pixels,
        made["compare"].amplitude,
    )
    figure = Figure(figsize=(9, 6), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots(2, 3)
    top, notes = float(truth.max()), []
    for row, name, seen, image in zip(axes, HALVES, pixels, found, strict=True):
        panels = (TRUTH, truth, 0), (f"{name} half", image, 0), ("difference", image - truth, -top)
        for axis, (title, values, low) in zip(row, panels, strict=True):
            shown = axis.imshow(
                np.where(seen, values, np.nan), vmin=low, vmax=top, cmap="viridis" if low == 0 else "RdBu"
            )
            axis.set(title=title, xticks=[], yticks=[])
            figure.colorbar(shown, ax=axis, shrink=0.8)
        notes.append(f"{name}: {note(truth, image, seen)}")
    figure.savefig(path, dpi=110, metadata={"Software": None})
    notes.append(
        "canvas: "
        + (
            "it holds all patches"
            if made["stitch"].facts["fits_canvas"]
            else f"it loses {1 - made['stitch'].facts['kept']:.0%} of the patches"
        )
    )
    return "\n".join(f"- {each}" for each in notes)


def note(truth: np.ndarray, image: np.ndarray, seen: np.ndarray) -> str:
    """Whether an image has structure, by how many pixels it is shifted, and how it repeats, each measured where it was seen."""
    values = image[seen]
    if not np.isfinite(values).all():
        return f"{int(np.sum(~np.isfinite(values)))} of {values.size} pixels are not finite"
    if not values.std() > 0:
        return "blank"
    y, x = inspection.shift(truth, image, seen)
    return (
        f"correlation with the object {comparison.correlation(truth[seen], values):.3f}; highest at a shift of ({y}, {x}) pixels; "
        f"moved by some pixels, it is more like itself than the object is by {inspection.repeats(truth, image, seen):.3f}, as tiles would be; "
        f"spread {values.std():.3f} around {values.mean():.3f}, the object's {truth[seen].std():.3f} around {truth[seen].mean():.3f}"
    )


def scan_and_canvas(made: Mapping[str, Output], path: Path) -> None:
    """The probe, the positions on the object with the canvas around its center, and the amplitude stage by stage."""
    simulated, stitched = made["simulate"], made["stitch"].facts
    figure = Figure(figsize=(12, 3.6), layout="constrained")
    FigureCanvasAgg(figure)
    probe, scan, levels = figure.subplots(1, 3)
    probe.imshow(np.abs(simulated.probeGuess))
    probe.set(title="probe", xticks=[0, N // 2], yticks=[0, N // 2])
    scan.imshow(np.abs(simulated.objectGuess), cmap="gray")
    scan.plot(simulated.xcoords, simulated.ycoords, ".", ms=3, color="#D55E00")
    for size, color in ((stitched["size"], "#0072B2"), (stitched["required_size"], "#009E73")):
        _outline(scan, len(simulated.objectGuess), size, color)
    scan.set(
        title=f"positions; canvas {stitched['size']} (blue), required {stitched['required_size']} (green)"
    )
    stages = {
        "object": np.abs(simulated.objectGuess).mean(),
        "g object": made["split"].facts["gain"] * np.abs(simulated.objectGuess).mean(),
        "fit": np.abs(made["train"].object).mean(),
        "patches": made["infer"].facts["mean_amplitude"],
        "compared": made["compare"].facts["prediction"]["mean"],
        "its truth": made["compare"].facts["truth"]["mean"],
    }
    levels.bar(list(stages), list(stages.values()), color="#0072B2")
    levels.tick_params(axis="x", rotation=30)
    levels.set(title="mean amplitude, stage by stage")
    figure.savefig(path, dpi=110, metadata={"Software": None})


def _outline(axes: Axes, across: int, size: int, color: str) -> None:
    """A canvas around the center of an object of side ``across``."""
    corner = (across - size) / 2 - 0.5
    axes.add_patch(Rectangle((corner, corner), size, size, fill=False, color=color, lw=2))
