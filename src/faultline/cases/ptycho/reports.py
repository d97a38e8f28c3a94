"""The authors' reports: what stages of ``ptycho`` left, as JSON and as a table, under the authors' names."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from faultline.cases.ptycho import dataset, illumination, pictures, running, scene, stitching
from faultline.core.record import save_text, write_json
from faultline.targets.pipeline_run import Output, Run

HALVES = ("train", "test")
NEAR = 1e-5  # two probes of which no amplitude differs by more are the same but for rounding
PROBE_CENTERS = ("pixel", "half_pixel")
NAN_CHANGES = {
    "nothing": {},
    "gridsize 2": {"gridsize": "2"},
    "positivity 1e-12": {"positivity": "1e-12"},
    "softplus": {"amplitude_head": "softplus"},
    "a blank region": {"blank_region": "yes"},
    "custom probe": {"probe": "custom"},
    "absolute error": {"loss": "mae"},
}
"""What is changed of the preset that failed, to see where NaN comes from."""
SCANS, PROBES = ("grid", "nongrid"), ("ideal", "custom")


def write(folder: Path, name: str, content: Mapping[str, Any], title: str) -> None:
    """``name``.json, and the same as a table in ``name``.md."""
    write_json(folder / f"{name}.json", dict(content))
    rows = [
        f"| {key} | {f'{value:.4g}' if isinstance(value, float) else value} |"
        for key, value in _flat(content)
    ]
    save_text(
        folder / f"{name}.md", "\n".join([f"# {title}", "", "| figure | value |", "| --- | --- |", *rows, ""])
    )


def grouping(**about: Any) -> dict[str, Any]:
    """Requested and achieved groups, and statistics of their coordinates; the error where there can be none."""
    try:
        made, _ = running.through(("simulate", "split", "group"), **about)
    except ValueError as error:
        return {"error": str(error)}
    ranges = {
        name: [float(made["simulate"].arrays[name].min()), float(made["simulate"].arrays[name].max())]
        for name in ("xcoords", "ycoords")
    }
    shapes = {name: list(array.shape) for name, array in made["group"].arrays.items()}
    return {**made["group"].facts, "coords_range": ranges, "shapes": shapes}


def probe_normalization(scenario: str) -> dict[str, Any]:
    """Both ways to a scenario's probe, with their statistics, ratios and the largest difference."""
    about = dataset.resolved(running.scenario_of(scenario))
    center = illumination.center_of(about["probe_center"])
    raw = illumination.shape(about["probe"], center)
    probes = {name: scaled(raw, about["probe_scale"], center) for name, scaled in illumination.SCALED.items()}
    found = {name: illumination.statistics(probe) for name, probe in probes.items()}
    one, other = found.values()
    apart = float(np.abs(np.subtract(*probes.values())).max())
    return {
        **found,
        "ratio_delta": {key: other[key] / one[key] - 1 if one[key] else 0.0 for key in one},
        "max_abs_delta": apart,
        "same_but_for_rounding": apart <= NEAR * one["amplitude_max"],
    }


def reassembly(group_limit: int, **about: Any) -> dict[str, dict[str, Any]]:
    """For each half: its offsets, the old canvas and the required one, and what a stitched sum of ones keeps on each."""
    made, _ = running.through(("simulate", "split", "group"), **about)
    group, found = made["group"], {}
    for name, offsets, relative in zip(HALVES, group.coords_offsets, group.coords_relative, strict=True):
        places = np.moveaxis((offsets + relative)[:group_limit, 0], 1, 2).reshape(-1, 2)
        origin = places + scene.SIZE / 2
        old, required = stitching.padded_size(group.facts["gridsize"]), stitching.required_size(places)
        sums = {size: stitching.kept(places, size) for size in (old, required)}
        found[name] = {
            "groups": min(group_limit, len(offsets)),
            "max_offset": {"y": float(np.abs(places[:, 0]).max()), "x": float(np.abs(places[:, 1]).max())},
            "padded_size": old,
            "required_size": required,
            "fits_canvas": old >= required,
            "sum_ratio": sums[old] / sums[required],
            "from_origin": {
                "max_offset": float(origin.max()),
                "required_size": stitching.required_size(origin),
                "sum_ratio": stitching.kept(origin, old),
            },
        }
    return found


def two_by_two(preset: str, seed: int) -> dict[str, Any]:
    """Grid and nongrid, ideal and custom probe: ratio, correlation and NaN of each cell."""
    cells = {}
    for scan in SCANS:
        for probe in PROBES:
            made, _ = running.through(
                running.SYSTEM,
                scenario="two_by_two",
                preset=preset,
                seed=seed,
                choices={"scan": scan, "probe": probe},
            )
            facts = made["compare"].facts
            cells[f"{scan}_{probe}"] = {
                "gain": made["split"].facts["gain"],
                "ratio": facts["ratio"],
                "pearson": facts["pearson"],
                "least_squares": facts["least_squares"],
                "nan_count": made["train"].facts["nan_count"],
            }
    return cells


def where_nan(seeds: int, first: int = 43) -> dict[str, dict[str, str]]:
    """In how many runs of ``gs1_ideal`` as it stood, at 2000 steps, the fitted object is not finite: for each change, with a probe on a pixel
    and with one between pixels."""
    found: dict[str, dict[str, str]] = {}
    for changed, choices in NAN_CHANGES.items():
        found[changed] = {}
        for center in PROBE_CENTERS:
            chosen = {"epochs": "2000_steps", "probe_center": center, **choices}
            count = 0
            for seed in range(first, first + seeds):
                made, _ = running.through(running.SYSTEM[:4], choices=chosen, seed=seed)
                count += not made["train"].facts["finite"]
            found[changed][center] = f"{count} of {seeds}"
    return found


def whole_run(folder: Path, **about: Any) -> dict[str, Any]:
    """A scenario from end to end: arrays, pictures and all summaries in a folder; what ``run_metadata.json`` has."""
    made, runs = running.through(running.SYSTEM, **about)
    folder.mkdir(parents=True, exist_ok=True)
    compared, trained = made["compare"], made["train"].facts
    np.save(folder / "amplitude.npy", compared.amplitude)
    np.save(folder / "phase.npy", np.angle(made["stitch"].object))
    note = pictures.reconstruction(made, folder / "comparison.png")
    save_text(folder / "inspection.md", f"# What the picture shows\n\n{note}\n")
    pictures.scan_and_canvas(made, folder / "scan.png")
    for name, content, title in (
        ("comparison_metrics", compared.facts["halves"], "Reconstruction and object, by half"),
        ("bias_summary", _bias(compared), "Is one factor enough?"),
        ("intensity_stats", _intensity(made), "Intensity, stage by stage"),
        (
            "intensity_scaler",
            {key: trained[key] for key in ("intensity_scale_before", "intensity_scale", "log_scale")},
            "The intensity scale",
        ),
        ("history_summary", history(runs["train"]), "The fit, step by step"),
        ("reassembly", made["stitch"].facts, "The canvas"),
    ):
        write(folder, name, content, title)
    metadata = {
        "scenario": about["scenario"],
        "profile": running.scenario_of(about["scenario"], about.get("changes")),
        "preset": about["preset"],
        "choices": dict(runs["train"].choices),
        "seed": about["seed"],
        "nan_count": trained["nan_count"],
        "padded_size": made["stitch"].facts["padded_size"],
        "fits_canvas": made["stitch"].facts["fits_canvas"],
        "prediction_scale": compared.facts["prediction_scale"],
        "files": sorted(path.name for path in folder.iterdir()),
    }
    write(folder, "run_metadata", metadata, "The run")
    return metadata


def history(run: Run) -> dict[str, Any]:
    """First, last, smallest and largest value of each logged term, and the first step of which one is not finite."""
    bad = run.first_bad or {}
    return {
        "first_nan_epoch": bad.get("step"),
        "first_nan_term": bad.get("term"),
        "terms": {
            name: {
                "first": values[0].tolist(),
                "last": values[-1].tolist(),
                "min": float(np.nanmin(values)),
                "max": float(np.nanmax(values)),
            }
            for name, values in run.history.arrays().items()
        },
    }


def _bias(compared: Output) -> dict[str, Any]:
    names = (
        "ratio",
        "ratio_error",
        "ratio_spread",
        "least_squares",
        "mae",
        "residual",
        "constant_factor_share",
        "truth",
        "prediction",
        "phase",
    )
    return {name: compared.facts[name] for name in names}


def _intensity(made: Mapping[str, Output]) -> dict[str, Any]:
    """Mean sum of squares of a frame, from the simulation to the likelihood."""
    gain = made["split"].facts["gain"]
    return {
        "raw_diff3d": made["simulate"].facts["power"],
        "split": made["split"].facts["power"],
        "gain": gain,
        "normalized": gain**2 * made["simulate"].facts["power"],
        "counts_per_frame": made["train"].facts["counts_per_frame"],
        "nphotons": made["simulate"].facts["nphotons"],
        "simulated_intensity_scale": made["simulate"].facts["intensity_scale"],
        "recorded_intensity_scale": made["train"].facts["intensity_scale"],
        "mean_amplitude_of_patches": made["infer"].facts["mean_amplitude"],
    }


def _flat(content: Mapping[str, Any], before: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in content.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{before}{key}.")
        else:
            yield f"{before}{key}", value
