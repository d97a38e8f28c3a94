"""From records to what the network takes: padding, scaling, channels, and the statistics behind them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from faultline.cases.urease import dataset
from faultline.cases.urease.dataset import POINTS

EPSILON = 1e-8  # beside a standard deviation, as the authors have it
CONSTANT = 3  # decimals below which a column's spread counts as none


@dataclass(frozen=True)
class Choices:
    """How features are written. The choices are those of the stage ``features``."""

    padding: str
    time: str
    dt_channel: str
    ph_scale: str
    constant_input: str


SOUND = Choices("interpolate", "global_z", "off", "global_z", "dropped")
"""What a test of the network alone is given."""


@dataclass(frozen=True)
class Prefixes:
    """Records of one length: ``pH`` and ``t`` (n, POINTS), and which points a pool over the record counts, ``counted`` (n, POINTS)."""

    pH: np.ndarray
    t: np.ndarray
    counted: np.ndarray


def padded(ph: np.ndarray, times: np.ndarray, lengths: np.ndarray, padding: str) -> Prefixes:
    """Records (n, points) with times (n, points), brought to `POINTS` points. ``lengths`` (n,), s: where a record's grid ends.

    ``bare`` takes the points as they are: the convolutions look backward only, so that points that no pool counts change nothing.
    """
    rows, points = ph.shape
    counted = np.ones((rows, POINTS))
    if points == POINTS:
        return Prefixes(ph, times, counted)
    if padding == "interpolate":
        grids = np.linspace(np.zeros(rows), lengths, POINTS, axis=1)
        filled = [np.interp(grid, t, values) for grid, t, values in zip(grids, times, ph, strict=True)]
        return Prefixes(np.stack(filled), grids, counted)
    if padding in ("mask", "bare"):
        counted[:, points:] = 0.0
    more = ((0, 0), (0, POINTS - points))
    return Prefixes(np.pad(ph, more, mode="edge"), np.pad(times, more, mode="edge"), counted)


def statistics(train: Prefixes, known: np.ndarray, target: np.ndarray) -> dict[str, list[float]]:
    """Means and standard deviations over the rows for training, of all points, padding included, as the authors take them."""
    return {
        "pH": [float(train.pH.mean()), float(train.pH.std())],
        "t": [float(train.t.mean()), float(train.t.std())],
        "known_mean": known.mean(axis=0).tolist(),
        "known_std": known.std(axis=0).tolist(),
        "target_mean": target.mean(axis=0).tolist(),
        "target_std": target.std(axis=0).tolist(),
    }


def scaled(values: np.ndarray, mean_and_std: list[float], how: str) -> np.ndarray:
    """A channel (n, points) as it enters the network."""
    if how == "absent":
        return np.zeros_like(values)
    if how == "raw":
        return values
    if how == "per_sequence_z":
        return (values - values.mean(axis=1, keepdims=True)) / (values.std(axis=1, keepdims=True) + EPSILON)
    return (values - mean_and_std[0]) / (mean_and_std[1] + EPSILON)


def steps_of(times: np.ndarray) -> np.ndarray:
    """Differences (n, points) of times, the first twice."""
    step = np.diff(times, axis=1)
    return np.concatenate([step[:, :1], step], axis=1)


def channels(prefixes: Prefixes, stats: Mapping[str, Any], choices: Choices) -> np.ndarray:
    """What the network reads (n, POINTS, channels): pH, the time unless it is absent, the steps of one of the times."""
    time = scaled(prefixes.t, stats["t"], choices.time)
    found = [scaled(prefixes.pH, stats["pH"], choices.ph_scale)]
    if choices.time != "absent":
        found.append(time)
    if choices.dt_channel != "off":
        found.append(steps_of(time if choices.dt_channel == "from_network_time" else prefixes.t))
    return np.stack(found, axis=-1)


def known_inputs(known: np.ndarray, stats: Mapping[str, Any], constant_input: str) -> np.ndarray:
    """The known inputs (n, columns) as they enter; those that never vary in training left out, where they are ``dropped``."""
    mean, std = np.array(stats["known_mean"]), np.array(stats["known_std"])
    found = (known - mean) / (std + EPSILON)
    return found[:, ~constant_columns(stats)] if constant_input == "dropped" else found


def constant_columns(stats: Mapping[str, Any]) -> np.ndarray:
    """Which known inputs (5,) never vary in training; rounding of their mean is no variation."""
    mean, std = np.array(stats["known_mean"]), np.array(stats["known_std"])
    return std <= 10.0**-CONSTANT * np.abs(mean) * EPSILON


def cadence_signal(stats: Mapping[str, Any], choices: Choices) -> dict[str, Any]:
    """What tells records of three cadences with `POINTS` points each apart: the mean step of each, of every channel that has time.

    ``ratio``: the largest over the smallest, in the channel that tells most; 33.3 in seconds, and 1 where nothing tells.
    """
    cadences = np.array(list(dataset.CADENCES.values()))
    times = cadences[:, None] * np.arange(POINTS)
    network = scaled(times, stats["t"], choices.time)
    found = {} if choices.time == "absent" else {"time": np.diff(network, axis=1).mean(axis=1)}
    if choices.dt_channel != "off":
        found["dt"] = steps_of(network if choices.dt_channel == "from_network_time" else times).mean(axis=1)
    ratios = [float(step.max() / step.min()) for step in found.values() if step.min() > 0]
    return {"steps": {name: step.tolist() for name, step in found.items()}, "ratio": max(ratios, default=1.0)}


def duplicates(prefixes: Prefixes) -> float:
    """The share of the points that a pool counts whose time an earlier point has too, by `numpy.unique`."""
    same = 0
    for times, counted in zip(prefixes.t, prefixes.counted > 0, strict=True):
        same += int(counted.sum()) - len(np.unique(times[counted]))
    return float(same / prefixes.counted.sum())


def check_shapes(pH, t, known, target) -> None:
    """Raise ValueError where rows or lengths differ, or there are not 5 known inputs and 2 targets."""
    if not len(pH) == len(t) == len(known) == len(target):
        raise ValueError(f"rows differ: pH {len(pH)}, t {len(t)}, known {len(known)}, targets {len(target)}.")
    if pH.shape[1] != t.shape[1]:
        raise ValueError(f"pH has {pH.shape[1]} points and t {t.shape[1]}.")
    if known.shape[1] != len(dataset.KNOWN_INPUTS) or target.shape[1] != len(dataset.INFER_PARAMS):
        raise ValueError(
            f"there must be 5 known inputs and 2 targets, not {known.shape[1]} and {target.shape[1]}."
        )


def check_targets(names: list[str], target: np.ndarray, ranges: Mapping[str, tuple[float, float]]) -> None:
    """Raise ValueError where the targets (n, 2) have another order than `dataset.INFER_PARAMS`, or leave their ranges."""
    if tuple(names) != dataset.INFER_PARAMS:
        raise ValueError(f"Param order mismatch! Expected {list(dataset.INFER_PARAMS)}, got {list(names)}")
    for place, (name, (low, high)) in enumerate(ranges.items()):
        column = target[:, place]
        if not (np.isfinite(column).all() and column.min() >= low and column.max() <= high):
            raise ValueError(f"{name} must lie in {low} to {high}; it is {column.min()} to {column.max()}.")


def prefixes_of(generate: Any, rows: np.ndarray, padding: str) -> Prefixes:
    """The records of rows as they are padded."""
    return padded(generate.pH[rows], generate.t[rows], lengths_of(generate, rows), padding)


def lengths_of(generate: Any, rows: np.ndarray) -> np.ndarray:
    """Where the grid of each row's record ends, in s."""
    points = generate.t.shape[1]
    return np.full(len(rows), generate.facts["prefix"]) if points < POINTS else generate.t[rows, -1]


def made(generate: Any, split: Any, choices: Choices) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """Channels, what is counted, known inputs and normalized targets of the rows for training (``train_``) and validation
    (``val_``), and the facts about them."""
    known, target = generate.known_inputs, generate.target_params
    check_shapes(generate.pH, generate.t, known, target)
    check_targets(generate.facts["infer_params"], target, generate.facts["ranges"])
    rows = {"train": split.train_index, "val": split.val_index}
    records = {name: prefixes_of(generate, each, choices.padding) for name, each in rows.items()}
    stats = statistics(records["train"], known[rows["train"]], target[rows["train"]])
    arrays: dict[str, np.ndarray] = {}
    for name, each in rows.items():
        arrays |= {
            f"{name}_channels": channels(records[name], stats, choices).astype(np.float32),
            f"{name}_counted": records[name].counted.astype(np.float32),
            f"{name}_known": known_inputs(known[each], stats, choices.constant_input).astype(np.float32),
            f"{name}_target": (
                (target[each] - np.array(stats["target_mean"])) / np.array(stats["target_std"])
            ).astype(np.float32),
        }
    signal = cadence_signal(stats, choices)
    facts = {
        "choices": asdict(choices),
        "stats": stats,
        "cadence_ratio": signal["ratio"],
        "cadence_steps": signal["steps"],
        "duplicates": duplicates(records["train"]),
        "padding_share": float(1 - generate.t.shape[1] / POINTS),
        "constant_columns": [
            name for name, is_one in zip(dataset.KNOWN_INPUTS, constant_columns(stats), strict=True) if is_one
        ],
        "amplification": amplification(stats, choices.constant_input),
        **initial_ph(generate, records["train"], rows["train"], arrays["train_channels"][:, 0, 0]),
        "dt_range": [float(np.diff(records["train"].t).min()), float(np.diff(records["train"].t).max())],
        "stats_difference": stats_difference(arrays, known[rows["val"]], stats, choices),
        "channels": int(arrays["train_channels"].shape[-1]),
        "known_columns": int(arrays["train_known"].shape[-1]),
        "noise_ratio": noise_sd(generate.pH) / dataset.NOISE,
    }
    return arrays, facts


def amplification(stats: Mapping[str, Any], constant_input: str) -> float:
    """By how many standard deviations an input moves, as the network gets it, where it becomes a quarter larger: the most over inputs."""
    known = np.array(stats["known_mean"])[None]
    moved = known + np.diag(known[0] / 4)
    apart = known_inputs(moved, stats, constant_input) - known_inputs(known, stats, constant_input)
    return float(np.abs(apart).max())


def initial_ph(generate: Any, records: Prefixes, rows: np.ndarray, first: np.ndarray) -> dict[str, Any]:
    """The range of the first pH before and after scaling, and how well what enters tells the initial pH, by rank correlation."""
    known = generate.known_inputs[rows, dataset.KNOWN_INPUTS.index("initial_pH")]
    ranks = [np.argsort(np.argsort(each)).astype(float) for each in (known, first)]
    return {
        "initial_ph_before": [float(records.pH[:, 0].min()), float(records.pH[:, 0].max())],
        "initial_ph_after": [float(first.min()), float(first.max())],
        "initial_ph_told": float(np.corrcoef(*ranks)[0, 1]),
    }


def stats_difference(
    arrays: Mapping[str, np.ndarray], known: np.ndarray, stats: Mapping[str, Any], choices: Choices
) -> float:
    """How far the validation rows are from being scaled by the statistics of the rows for training, by undoing it."""
    kept = np.arange(known.shape[1])
    if choices.constant_input == "dropped":
        kept = kept[~constant_columns(stats)]
    mean, std = np.array(stats["known_mean"])[kept], np.array(stats["known_std"])[kept]
    back = arrays["val_known"] * (std + EPSILON) + mean
    return float(np.abs(back / known[:, kept] - 1).max())


def noise_sd(ph: np.ndarray) -> float:
    """The standard deviation of the noise, from the second differences of each record's last points, where it hardly bends."""
    bends = np.diff(ph[:, -10:], n=2, axis=1)
    apart = np.abs(bends - np.median(bends, axis=1, keepdims=True))
    return float(1.4826 * np.median(apart) / np.sqrt(6))


def rows_of(made: Any, name: str) -> tuple[np.ndarray, ...]:
    """The arrays of `made` for ``train`` or ``val``, in the order of `training.Rows`."""
    return tuple(made.arrays[f"{name}_{part}"] for part in ("channels", "counted", "known", "target"))
