"""The authors' reports: what stages of ``urease`` left, as JSON and pictures, under the authors' names."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jax
import numpy as np

from faultline.cases.urease import dataset, estimator, model, pictures, running, training
from faultline.cases.urease import features as prefixes
from faultline.cases.urease.network import Settings
from faultline.core.errors import InputError
from faultline.core.record import write_json
from faultline.targets.pipeline_run import Output

EVERY = 10  # epochs between pictures of a batch
PARTS = ("pH_prefix", "t_prefix", "known_inputs", "target_params")
ESTIMATOR = ("generate", "split", "features", "train")


def write_data(folder: Path, scenarios: list[str], seed: int, padding: str) -> dict[str, Any]:
    """``training_data.npz`` with ``prefix_{L}s`` of each scenario, and ``metadata.json``; what that has."""
    arrays, metadata = {}, {}
    for name in scenarios:
        made = running.through(("generate",), scenario=name, seed=seed)[0]["generate"]
        records = prefixes.prefixes_of(made, np.arange(dataset.ROWS), padding)
        key = f"prefix_{made.facts['prefix']:g}s"
        each = (records.pH, records.t, made.known_inputs, made.target_params)
        arrays |= {f"{key}.{part}": values for part, values in zip(PARTS, each, strict=True)}
        metadata = {
            **made.facts,
            "padding": padding,
            "prefixes": sorted({*metadata.get("prefixes", ()), key}),
        }
    folder.mkdir(parents=True, exist_ok=True)
    np.savez(folder / "training_data.npz", **arrays)
    write_json(folder / "metadata.json", metadata)
    return metadata


def read_data(path: Path, prefix: float, metadata: Mapping[str, Any]) -> dict[str, np.ndarray]:
    """The four arrays of one prefix, checked.

    Raises
    ------
    InputError
        There is no such prefix; the sentence lists those that there are. Or shapes, the order of parameters or ranges are wrong.
    """
    with np.load(path) as kept:
        available = sorted({key.partition(".")[0] for key in kept})
        key = f"prefix_{prefix:g}s"
        if key not in available:
            raise InputError(f"Prefix {prefix:g}s not found. Available: {', '.join(available)}.")
        found = {part: kept[f"{key}.{part}"] for part in PARTS}
    try:
        prefixes.check_shapes(*found.values())
        prefixes.check_targets(metadata["infer_params"], found["target_params"], metadata["ranges"])
    except ValueError as error:
        raise InputError(f"{path}: {error}") from None
    return found


def train(folder: Path, scenario: str, preset: str, seed: int) -> dict[str, Any]:
    """A fit with a picture of its first batch every ten epochs, ``debug_batch_epoch_{epoch}.png``; its summary and history."""
    made, _ = running.through(ESTIMATOR[:3], scenario=scenario, preset=preset, seed=seed)
    chosen = running.signature().choose_variants(model.PRESETS[preset])
    settings = Settings(
        *(chosen[name] for name in ("head", "uncertainty", "logvar", "dropout", "batch_norm")),
        int(chosen["levels"]),
    )
    plan = training.Plan.of(chosen)
    sets = [training.Rows.of(*prefixes.rows_of(made["features"], name)) for name in ("train", "val")]
    bounds = estimator.bounds_of(made["generate"].facts["ranges"], made["features"].facts["stats"])
    folder.mkdir(parents=True, exist_ok=True)

    def draw(epoch: int, state: Any) -> None:
        state = state[0]
        rows = jax.tree.map(lambda each: each[: plan.batch_size], state.given.train)
        mean, _ = training.predictions((state.weights, state.moving), settings, rows[:3], bounds)
        pictures.batch(folder / f"debug_batch_epoch_{epoch}.png", rows, mean, epoch)

    _, traces = training.fitted(pictures.as_drawn(EVERY, draw), settings, plan, seed, *sets, bounds)
    found = {
        **training.summary(traces, plan, settings),
        "train_indices": made["split"].train_index.tolist(),
        "history": {name: values.tolist() for name, values in traces.items()},
    }
    write_json(folder / "training.json", found)
    return found


def evaluate(folder: Path, scenario: str, preset: str, seed: int) -> dict[str, Any]:
    """``metrics.json``: network and fit on the same prefix, forecasts, cadences, identifiability by prefix; and pictures of all stages."""
    made, _ = running.through(running.SYSTEM, scenario=scenario, preset=preset, seed=seed)
    found = {
        "scenario": scenario,
        "preset": preset,
        "seed": seed,
        "network": made["evaluate"].facts,
        "fit": made["reference"].facts,
        "forecast": made["forecast"].facts,
        "features": {key: value for key, value in made["features"].facts.items() if key != "stats"},
    }
    folder.mkdir(parents=True, exist_ok=True)
    write_json(folder / "metrics.json", found)
    _pictures(folder, made)
    return found


def by_prefix(preset: str, seeds: list[int]) -> dict[str, Any]:
    """The network, trained on each prefix, beside the mechanistic reference: mean errors of E0 over seeds, and their gap."""
    found = {}
    for scenario in ("uniform_10s", "uniform", "uniform_60s"):
        runs = [
            running.through(running.SYSTEM, scenario=scenario, preset=preset, seed=seed)[0] for seed in seeds
        ]
        key = f"prefix_{model.SCENARIOS[scenario]['prefix']:g}s"
        network = float(np.mean([made["evaluate"].facts["mae_E0"] for made in runs]))
        mechanistic = {
            name: float(np.mean([made["reference"].facts[key][name] for made in runs]))
            for name in runs[0]["reference"].facts[key]
        }
        baseline = float(np.mean([made["evaluate"].facts["baseline_mae_E0"] for made in runs]))
        found[key] = {
            "baseline_mae_E0": baseline,
            "network_mae_E0": network,
            "network_mae_ratio": network / baseline,
            "gap_E0": network - mechanistic["E0_mae"],
            "mechanistic": mechanistic,
        }
    return found


def time_features(folder: Path, scenario: str, seed: int) -> dict[str, Any]:
    """``time_features.png`` and the mean step of each cadence as it enters, with the largest over the smallest."""
    made = running.through(ESTIMATOR[:3], scenario=scenario, seed=seed)[0]["features"].facts
    folder.mkdir(parents=True, exist_ok=True)
    choices = prefixes.Choices(**made["choices"])
    steps = pictures.normalized_time(made["stats"], choices, folder / "time_features.png")
    found = {way: {"steps": each, "ratio": max(each) / min(each)} for way, each in steps.items()}
    write_json(folder / "time_features.json", found)
    return found


def as_text(content: Mapping[str, Any]) -> str:
    """For a terminal."""
    return json.dumps(content, indent=1)


def _pictures(folder: Path, made: Mapping[str, Output]) -> None:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    for name in ("generate", "features", "evaluate", "forecast"):
        figure = Figure(figsize=(7, 5), layout="constrained")
        FigureCanvasAgg(figure)
        pictures.of_stage(name, made[name], figure.subplots())
        figure.savefig(folder / f"{name}.png", dpi=100, metadata={"Software": None})
