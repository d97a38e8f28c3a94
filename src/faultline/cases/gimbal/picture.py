"""A picture of a dataset: the skeleton in space, its reprojection beside the pixels, and what is missing."""

from __future__ import annotations

from pathlib import Path

import matplotlib as mpl
import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from faultline.cases.gimbal.dataset import Dataset, load_dataset
from faultline.cases.gimbal.geometry import project
from faultline.cases.gimbal.initialise import estimate

_POSES = 5  # skeletons drawn in space, spread over the frames
_SEEN, _MODEL = "#D55E00", "#0072B2"  # Okabe and Ito: told apart by colour-blind readers
_CAMERA_COLUMNS = 3
_MISSING_COLUMNS = 300  # frames are averaged into at most this many columns


def describe(path: str | Path, picture: str | Path | None = None) -> dict:
    """Facts about the dataset at ``path`` (`Dataset.describe`), which is validated, and its picture at ``picture``.

    Raises
    ------
    InputError
        For the first thing that is wrong with the file.
    """
    dataset = load_dataset(path)
    if picture:
        draw(dataset, picture)
    return dataset.describe()


def draw(dataset: Dataset, path: str | Path) -> None:
    """Write the picture of ``dataset`` as a PNG to ``path``.

    Positions are the truth where the dataset carries it, else the initial estimate; the titles say which.
    """
    guess = estimate(dataset)
    x, source = (guess.x, "triangulated") if dataset.x_true is None else (dataset.x_true, "true")
    rows = -(-dataset.n_cameras // _CAMERA_COLUMNS)
    with mpl.rc_context({"font.size": 9, "axes.titlesize": 10, "axes.titlelocation": "left"}):
        figure = Figure(figsize=(12, 5.2 + 3.0 * rows), layout="constrained")
        FigureCanvasAgg(figure)
        top, middle, bottom = figure.subfigures(3, 1, height_ratios=[3.6, 3.0 * rows, 1.6])
        _space(top, dataset, x, source)
        _cameras(middle, dataset, x, source, rows)
        _missing(bottom, dataset)
        figure.suptitle(
            f"{dataset.name}: {dataset.n_cameras} cameras, {dataset.n_frames} frames, {dataset.n_joints} joints, "
            f"{1 - dataset.seen.mean():.1%} of the points missing",
            x=0.01,
            ha="left",
            fontweight="bold",
        )
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        figure.savefig(path, dpi=110, metadata={"Software": None})


def _bones(dataset: Dataset) -> list[tuple[int, int]]:
    return [(k, int(parent)) for k, parent in enumerate(dataset.parents) if parent >= 0]


def _space(figure, dataset: Dataset, x: np.ndarray, source: str) -> None:
    """Skeletons at some frames in space, and the height of each joint over time."""
    left, right = figure.subfigures(1, 2, width_ratios=[1, 1.3])
    ax = left.add_subplot(projection="3d")
    frames = np.linspace(0, dataset.n_frames - 1, min(_POSES, dataset.n_frames)).astype(int)
    colours = mpl.colormaps["viridis"](np.linspace(0, 0.85, len(frames)))
    for t, colour in zip(frames, colours, strict=True):
        for bone in _bones(dataset):
            ax.plot(*x[t, bone].T, color=colour, linewidth=1.6)
        ax.scatter(*x[t].T, color=[colour], s=14, label=f"frame {t}")
    ax.set(title=f"Skeleton in space ({source}, world units)", xlabel="x", ylabel="y", zlabel="z")
    shown = x[frames].reshape(-1, 3)
    centre, half = (shown.min(axis=0) + shown.max(axis=0)) / 2, np.ptp(shown, axis=0).max() / 2
    for set_limits, middle in zip((ax.set_xlim, ax.set_ylim, ax.set_zlim), centre, strict=True):
        set_limits(middle - half, middle + half)
    ax.set_box_aspect((1, 1, 1))
    ax.locator_params(nbins=4)
    ax.legend(loc="upper left", bbox_to_anchor=(1.1, 0.9), frameon=False)
    axes = right.subplots(3, 1, sharex=True)
    for axis, label in enumerate("xyz"):
        for k, name in enumerate(dataset.joint_names):
            axes[axis].plot(x[:, k, axis], linewidth=1.0, label=name)
        axes[axis].set_ylabel(label)
    axes[0].set_title(f"Joint positions over time ({source}, world units)")
    axes[2].set_xlabel("frame")
    right.legend(handles=axes[0].get_lines(), loc="outside right center", frameon=False)


def _cameras(figure, dataset: Dataset, x: np.ndarray, source: str, rows: int) -> None:
    """One frame in every camera: the observed pixels over the reprojected skeleton."""
    points = dataset.seen.sum(axis=(0, 2))
    fullest = np.flatnonzero(points == points.max())
    t = int(fullest[len(fullest) // 2])
    pixels = project(dataset.camera_proj, x[t])
    residual = np.where(dataset.seen[..., None], dataset.y_2d - project(dataset.camera_proj, x), np.nan)
    axes = figure.subplots(rows, _CAMERA_COLUMNS, squeeze=False).ravel()
    width, height = dataset.image_size
    for camera, ax in enumerate(axes):
        if camera >= dataset.n_cameras:
            ax.axis("off")
            continue
        for bone in _bones(dataset):
            ax.plot(*pixels[camera, bone].T, color=_MODEL, linewidth=1.4)
        ax.plot(*pixels[camera].T, "o", color=_MODEL, markersize=5)
        ax.plot(*dataset.y_2d[camera, t].T, "+", color=_SEEN, markersize=10, markeredgewidth=1.4)
        ax.set(xlim=(0, width), ylim=(height, 0), aspect="equal", xlabel="u, pixels")
        rms = np.sqrt(np.nanmean(residual[camera] ** 2)) if dataset.seen[camera].any() else np.nan
        ax.set_title(f"Camera {camera}: residual over all frames {rms:.1f} px rms")
    axes[0].set_ylabel("v, pixels")
    handles = [
        Line2D([], [], color=_MODEL, marker="o", markersize=5, label=f"reprojected ({source}), frame {t}"),
        Line2D([], [], color=_SEEN, marker="+", markersize=10, linestyle="", label=f"observed, frame {t}"),
    ]
    figure.legend(handles=handles, loc="outside lower center", ncols=2, frameon=False)


def _missing(figure, dataset: Dataset) -> None:
    """Joints against frames: the share of cameras that see the joint, averaged over neighbouring frames."""
    ax = figure.subplots()
    share = dataset.seen.mean(axis=0)
    groups = np.array_split(np.arange(dataset.n_frames), min(_MISSING_COLUMNS, dataset.n_frames))
    columns = np.stack([share[group].mean(axis=0) for group in groups], axis=1)
    image = ax.imshow(
        columns,
        aspect="auto",
        interpolation="nearest",
        cmap="cividis",
        vmin=0,
        vmax=1,
        extent=(0, dataset.n_frames, dataset.n_joints - 0.5, -0.5),
    )
    ax.set_yticks(range(dataset.n_joints), dataset.joint_names)
    ax.set_xlabel("frame")
    ax.set_title("Share of the cameras that see each joint")
    figure.colorbar(image, ax=ax, pad=0.01)
