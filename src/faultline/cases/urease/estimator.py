"""A trained estimator as its checkpoint holds it: weights, settings and the statistics of its features."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import jax
import numpy as np

from faultline.cases.urease import dataset, evaluation, features, network, training
from faultline.cases.urease.features import Choices
from faultline.cases.urease.network import Settings


@dataclass(frozen=True)
class Estimator:
    """``best``: weights and averages; ``bounds`` (2, 2), in normalized units; ``stats`` as `features.statistics` makes them."""

    best: tuple[Any, Any]
    settings: Settings
    written: Choices
    stats: Mapping[str, Any]
    bounds: np.ndarray

    def normalized(self, prefixes: features.Prefixes, known: np.ndarray) -> np.ndarray:
        """Means and log variances (2, n, 2), in normalized units, for known inputs (n, 5) in their own."""
        inputs = (
            features.channels(prefixes, self.stats, self.written),
            prefixes.counted,
            features.known_inputs(known, self.stats, self.written.constant_input),
        )
        return training.predictions(self.best, self.settings, inputs, self.bounds)

    def of_records(
        self,
        ph: np.ndarray,
        times: np.ndarray,
        lengths: np.ndarray,
        known: np.ndarray,
        evaluation_prefix: str,
    ) -> np.ndarray:
        """The same for records (n, points), built as in training or the bare points."""
        how = (
            "bare" if evaluation_prefix == "bare" and self.written.padding != "mask" else self.written.padding
        )
        at = np.broadcast_to(times, ph.shape)
        return self.normalized(features.padded(ph, at, lengths, how), known)

    def saved(self, path: Path) -> Path:
        """A checkpoint, which `loaded` reads."""
        leaves = jax.tree.leaves(self.best)
        about = {"settings": asdict(self.settings), "choices": asdict(self.written), "stats": self.stats}
        arrays = {f"leaf_{place}": np.asarray(leaf) for place, leaf in enumerate(leaves)}
        shapes = [len(self.stats["known_mean"]), int(self.best[0]["level_0"]["one"]["w"].shape[0])]
        np.savez(path, bounds=self.bounds, about=json.dumps({**about, "shapes": shapes}), **arrays)
        return path


def loaded(path: Path) -> Estimator:
    """The estimator of a checkpoint."""
    with np.load(path) as kept:
        about = json.loads(str(kept["about"]))
        settings, choices = Settings(**about["settings"]), Choices(**about["choices"])
        dropped = (
            features.constant_columns(about["stats"]).sum() if choices.constant_input == "dropped" else 0
        )
        known = about["shapes"][0] - int(dropped)
        like = (
            network.start(
                jax.random.key(0, impl="unsafe_rbg"), settings, about["shapes"][1] // network.KERNEL, known
            ),
            network.averages(settings),
        )
        leaves = [kept[f"leaf_{place}"] for place in range(len(jax.tree.leaves(like)))]
        best = jax.tree.unflatten(jax.tree.structure(like), leaves)
        return Estimator(best, settings, choices, about["stats"], kept["bounds"])


def bounds_of(ranges: Mapping[str, Any], stats: Mapping[str, Any]) -> np.ndarray:
    """Low and high (2, 2) of each parameter, in normalized units."""
    return evaluation.normalized(np.array([list(each) for each in ranges.values()]).T, stats).T


def parameters(found: np.ndarray, stats: Mapping[str, Any], output_order: str) -> np.ndarray:
    """Parameters (n, 2) in g/L and 1/s from means (n, 2) in normalized units, by the names of their heads."""
    return evaluation.named(evaluation.denormalized(found, stats), output_order)


def sensitivity(
    estimator: Estimator, prefixes: features.Prefixes, known: np.ndarray, rng: np.random.Generator
) -> float:
    """The mean change of the outputs, in normalized units, where the known inputs (n, 5) are those of other rows."""
    here, there = (
        estimator.normalized(prefixes, each)[0] for each in (known, known[rng.permutation(len(known))])
    )
    return float(np.abs(here - there).mean())


def evaluated(
    made: Estimator,
    generate: Any,
    split: Any,
    features_made: Any,
    rng: np.random.Generator,
    evaluation_prefix: str,
    output_order: str,
    metric_scale: str,
) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """Parameters of the test rows with their standard deviations, and what is measured of them."""
    rows, stats = split.test_index, made.stats
    known, truth = generate.known_inputs[rows], generate.target_params[rows]
    std = np.array(stats["target_std"])

    def found(ph: np.ndarray, times: np.ndarray, lengths: np.ndarray) -> np.ndarray:
        return made.of_records(ph, times, lengths, known, evaluation_prefix)

    mean, logvar = found(generate.pH[rows], generate.t[rows], features.lengths_of(generate, rows))
    estimates = parameters(mean, stats, output_order)
    has_sd = made.settings.uncertainty != "none"
    sd = evaluation.named(np.exp(logvar / 2) * std, output_order)
    mae = evaluation.errors(truth, estimates, np.array(stats["target_mean"]))
    facts = {
        **mae,
        **evaluation.intervals(truth, estimates, sd if has_sd else None, std),
        **evaluation.outside(estimates, generate.facts["ranges"]),
        "finite": int(np.isfinite(estimates).all()),
    }
    for name in ("fast", "usual", "slow"):
        times = generate.arrays[f"t_{name}"]
        ends = np.full(len(rows), generate.facts["prefix"] if len(times) < features.POINTS else times[-1])
        each = parameters(found(generate.arrays[f"pH_{name}"], times, ends)[0], stats, output_order)
        facts[f"mae_{name}"] = float(np.abs(each - truth)[:, 0].mean())
    facts["cadence_gap"] = facts["mae_slow"] / facts["mae_usual"]
    units = evaluation.units(stats, metric_scale)
    facts["reported"] = {
        "scale": metric_scale,
        **{
            name: {
                "mae": float(np.abs(estimates - truth)[:, place].mean() / units[place]),
                **evaluation.causes_of_negative_r2(
                    truth[:, place] / units[place],
                    estimates[:, place] / units[place],
                    estimates[:, 1 - place],
                    std[place],
                ),
            }
            for place, name in enumerate(("E0", "k_d"))
        },
    }
    facts["r2_E0"], facts["r2_k_d"] = (facts["reported"][name]["r2"] for name in ("E0", "k_d"))
    facts["shift_share"] = facts["reported"]["E0"]["shift_share"]
    facts["known_order_error"] = sum(
        one != other for one, other in zip(generate.facts["known_inputs"], dataset.KNOWN_INPUTS, strict=True)
    )
    facts["saved_difference"] = max(
        float(np.abs(np.array(features_made.facts["stats"][name]) - np.array(stats[name])).max())
        for name in stats
    )
    facts |= _of_training_rows(made, generate, split, features_made, rng, evaluation_prefix)
    arrays = {"parameters": estimates, "sd": sd, "truth": truth, "prefix_read": generate.pH[rows]}
    return arrays, facts


def _of_training_rows(
    made: Estimator,
    generate: Any,
    split: Any,
    features_made: Any,
    rng: np.random.Generator,
    evaluation_prefix: str,
) -> dict[str, Any]:
    """``prefix_difference``: how far the outputs of training rows, in normalized units, are from those of the same rows built as
    they are for testing; ``known_sensitivity``."""
    rows = split.train_index
    known = generate.known_inputs[rows]
    trained = training.predictions(
        made.best, made.settings, features.rows_of(features_made, "train")[:3], made.bounds
    )
    tested = made.of_records(
        generate.pH[rows], generate.t[rows], features.lengths_of(generate, rows), known, evaluation_prefix
    )
    own = features.prefixes_of(generate, rows, made.written.padding)
    used = sensitivity(made, own, known, rng)
    ends = [each[:, -1].max() for each in (own.t, generate.t[rows] if evaluation_prefix == "bare" else own.t)]
    return {
        "prefix_difference": float(np.abs(trained - tested)[0].max()),
        "prefix_seconds_apart": float(abs(ends[0] - ends[1])),
        "known_sensitivity": used,
        "known_inputs_used": int(used > 0),
    }
