"""Gimbal datasets of any size for the benchmarks, from the case's own generator."""

from __future__ import annotations

import copy
import tempfile
from pathlib import Path

import numpy as np

from faultline.cases.gimbal.dataset import Dataset, load_dataset
from faultline.cases.gimbal.generate import level_config, simulate, write


def gimbal(T: int = 80, K: int = 4, S: int = 1) -> Dataset:
    """The dataset of ``write_gimbal``."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"T{T}_K{K}_S{S}.npz"
        write_gimbal(path, T, K, S)
        return load_dataset(path)


def write_gimbal(path: Path, T: int = 80, K: int = 4, S: int = 1, seed: int = 42) -> None:
    """T frames of the bundled L00, with K - 4 short bones more, on two limbs, and S poses to switch between."""
    config = copy.deepcopy(level_config("v0.2.1_L00_minimal"))
    config["meta"] |= {"T": T, "seed": seed}
    spec = config["dataset_spec"]
    rng = np.random.default_rng(1)
    more = range(4, K)
    spec["skeleton"]["parents"] += [k - 2 for k in more]
    spec["skeleton"]["lengths"] += [1] * len(more)
    spec["skeleton"]["joint_names"] += [f"joint_{k}" for k in more]
    poses = spec["motion"]["per_state_params"]
    mu = [*poses["0"]["mu"], *_directions(rng, len(more))]
    for s in range(S):
        poses[str(s)] = poses["0"] | {"mu": mu if s == 0 else [mu[0], *_directions(rng, K - 2)]}
        spec["motion"]["root_params"]["per_state"][str(s)] = {"mu": [0, 0, 100]}
    stay = 0.95 if S > 1 else 1.0
    transition = np.full((S, S), (1 - stay) / max(S - 1, 1)) * (1 - np.eye(S)) + stay * np.eye(S)
    spec["states"] = {"num_states": S, "transition_matrix": transition.tolist()}
    write(path, simulate(config))


def _directions(rng: np.random.Generator, n: int) -> list[list[float]]:
    v = rng.standard_normal((n, 3))
    return (v / np.linalg.norm(v, axis=-1, keepdims=True)).tolist()
