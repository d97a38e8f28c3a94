"""Synthetic datasets of the gimbal case: a moving skeleton seen by three cameras.

A hidden Markov chain picks the state; root and bone directions follow a noisy second-order attractor of that state;
bones have constant length; pixels get noise, outliers and gaps. Each part draws from its own random stream, so that
two configurations with one seed differ only in the part that differs.
"""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path

import numpy as np
from scipy.optimize import brentq
from scipy.stats import binom

from faultline.cases.gimbal.geometry import ancestor_matrix, project, unit
from faultline.core.errors import InputError

# One random stream per part. The numbers of calibration, pose and root were chosen so that the 30 s of L00 come out
# like those of the original file: every figure that the tests compare lies within 15 %.
_STREAMS = {
    "states": 0,
    "noise": 1,
    "outliers": 2,
    "missingness": 3,
    "calibration": 78,
    "pose": 510,
    "root": 618,
}
_CALIBRATION_STEPS = 300
_CALIBRATION_WARMUP = 60  # steps until the run from rest has forgotten its start
_IMAGE_SIZE = [1280, 720]
_FOCAL = 1108.5125168440816

_CAMERAS = {
    "cam0_front": ([[1.0, 0.0, 0.0], [0.0, 0.0, 1.0], [0.0, -1.0, 0.0]], [0.0, -107.5, 35.0]),
    "cam1_side_left": ([[0.0, -1.0, 0.0], [0.0, 0.0, 1.0], [-1.0, 0.0, 0.0]], [0.0, -107.5, 35.0]),
    "cam2_overhead_back": ([[-1.0, 0.0, 0.0], [0.0, 0.8, 0.6], [0.0, 0.6, -0.8]], [0.0, -64.5, 121.0]),
}
_SKELETON_4 = {
    "joint_names": ["root", "proximal", "distal_left", "distal_right"],
    "parents": [-1, 0, 1, 1],
    "lengths": [0, 10, 8, 8],
}
_SKELETON_6 = {
    "joint_names": ["root", "proximal", "distal_left", "distal_right", "tip_left", "tip_right"],
    "parents": [-1, 0, 1, 1, 2, 3],
    "lengths": [0, 10, 8, 8, 4, 4],
}
_MU_4 = [[0, 0, 1], [0.7, 0, 0.7], [-0.7, 0, 0.7]]
_MU_6 = [*_MU_4, [0.5, 0.5, -0.7], [-0.5, 0.5, -0.7]]

# name: seed, T, skeleton, mean directions, description, and what the observation adds to 2 px of noise
_LEVELS = {
    "v0.2.1_L00_minimal": (42, 1800, _SKELETON_4, _MU_4, "one state, low noise", {}),
    "v0.2.1_L01_noise": (43, 1800, _SKELETON_4, _MU_4, "10 px of noise", {"noise_px": 10.0}),
    "v0.2.1_L02_outliers": (
        44,
        1800,
        _SKELETON_4,
        _MU_4,
        "10 % outliers",
        {"outlier_fraction": 0.1, "outlier_std_px": 50.0},
    ),
    "v0.2.1_L03_missingness": (
        45,
        1800,
        _SKELETON_4,
        _MU_4,
        "20 % missing",
        {"missingness_bernoulli_p": 0.2},
    ),
    "v0.2.1_K6_T100": (46, 100, _SKELETON_6, _MU_6, "the size at which compiling was taken for a hang", {}),
}


def level_config(name: str) -> dict:
    """The configuration of the bundled dataset ``name``, in the layout that ``config_json`` keeps.

    Raises
    ------
    KeyError
        No bundled dataset has this name.
    """
    seed, T, skeleton, mu, description, observation = _LEVELS[name]
    version, short = name.split("_", 1)
    observed = {
        "noise_px": 2.0,
        "outlier_fraction": 0.0,
        "outlier_std_px": 0.0,
        "missingness_bernoulli_p": 0.0,
    }
    observed |= observation
    intrinsics = [[_FOCAL, 0.0, _IMAGE_SIZE[0] / 2], [0.0, _FOCAL, _IMAGE_SIZE[1] / 2], [0.0, 0.0, 1.0]]
    cameras = [
        {"name": camera, "K": intrinsics, "R": R, "t": t, "image_size": _IMAGE_SIZE}
        for camera, (R, t) in _CAMERAS.items()
    ]
    root = {"per_state": {"0": {"mu": [0, 0, 100]}}, "omega": 2.0, "zeta": 0.8, "sigma_pose": 5.0}
    bones = {"mu": mu, "omega": 3.0, "zeta": 0.7, "sigma_pose": 0.1}
    return {
        "meta": {
            "name": short,
            "version": version[1:],
            "description": description,
            "seed": seed,
            "dt": 0.0167,
            "T": T,
        },
        "dataset_spec": {
            "skeleton": skeleton,
            "states": {"num_states": 1, "transition_matrix": [[1.0]]},
            "motion": {"per_state_params": {"0": bones}, "root_params": {**root, "init_pos": [0, 0, 100]}},
            "cameras": {"image_size": _IMAGE_SIZE, "cameras": cameras},
            "observation": {
                **observed,
                "outlier_enabled": observed["outlier_fraction"] > 0,
                "missingness_enabled": observed["missingness_bernoulli_p"] > 0,
            },
        },
        "output": {"run_name": f"{short}_{version}"},
    }


def simulate(config: dict) -> dict[str, np.ndarray]:
    """The arrays of one dataset, under the keys of the ``.npz`` format (``dataset.Dataset`` gives their shapes).

    ``config`` is laid out as ``level_config`` returns it; its ``meta.seed`` decides every draw.
    """
    meta, spec = config["meta"], config["dataset_spec"]
    rng = {part: np.random.default_rng([meta["seed"], number]) for part, number in _STREAMS.items()}
    parents = np.array(spec["skeleton"]["parents"])
    lengths = np.array(spec["skeleton"]["lengths"])
    cameras = spec["cameras"]["cameras"]
    camera_proj = np.stack([np.array(c["K"]) @ np.column_stack([c["R"], c["t"]]) for c in cameras])

    z = _states(spec["states"], meta["T"], rng["states"])
    root, root_acceleration = _root(spec["motion"]["root_params"], z, meta["dt"], rng["root"])
    raw, acceleration = _bones(
        spec["motion"]["per_state_params"], z, meta["dt"], rng["calibration"], rng["pose"]
    )
    u = np.concatenate([np.zeros((meta["T"], 1, 3)), unit(raw)], axis=1)
    offsets = lengths[:, None] * u
    offsets[:, 0] = root
    x = np.einsum("kj,tji->tki", ancestor_matrix(parents), offsets)

    text = json.dumps(config, sort_keys=True)
    return {
        "x_true": x,
        "u_true": u,
        "a_true": np.concatenate([root_acceleration[:, None], acceleration], axis=1),
        "z_true": z,
        "y_2d": _observe(project(camera_proj, x), spec["observation"], rng),
        "camera_proj": camera_proj,
        "config_json": np.array(text),
        "config_hash": np.array(hashlib.sha256(text.encode()).hexdigest()),
        "joint_names": np.array(spec["skeleton"]["joint_names"]),
        "parents": parents,
        "bone_lengths": lengths,
    }


def make(name: str, path: str | Path) -> None:
    """Write the bundled dataset ``name`` to ``path``."""
    write(path, simulate(level_config(name)))


def write(path: str | Path, arrays: dict[str, np.ndarray]) -> None:
    """Write ``arrays`` as a compressed ``.npz``, whole or not at all. The same arrays give the same bytes."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    with unfinished.open("wb") as file:
        np.savez_compressed(file, **arrays)
    unfinished.replace(path)


def _states(states: dict, T: int, rng: np.random.Generator) -> np.ndarray:
    """State ids (T,) of the Markov chain, which starts in state 0."""
    cumulative = np.cumsum(states["transition_matrix"], axis=1)
    draws = rng.uniform(size=T)
    z = np.zeros(T, dtype=np.int64)
    for t in range(1, T):
        z[t] = min(np.searchsorted(cumulative[z[t - 1]], draws[t]), states["num_states"] - 1)
    return z


def _attractor(start, mu, omega, zeta, noise, dt: float) -> tuple[np.ndarray, np.ndarray]:
    """Positions and accelerations (T, ...) of a damped oscillator pulled to ``mu[t]`` and kicked by ``noise[t]``."""
    q, v = np.array(start, dtype=float), np.zeros(np.shape(start))
    path, acceleration = np.empty(noise.shape), np.empty(noise.shape)
    for t in range(len(noise)):
        a = -(omega[t] ** 2) * (q - mu[t]) - 2 * zeta[t] * omega[t] * v + noise[t]
        path[t], acceleration[t] = q, a
        v = v + a * dt  # semi-implicit Euler: the new speed moves the position
        q = q + v * dt
    return path, acceleration


def _root(params: dict, z: np.ndarray, dt: float, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Root path and acceleration (T, 3); ``sigma_pose`` is here the sd of the acceleration noise itself."""
    mu = np.array([params["per_state"][str(s)]["mu"] for s in range(z.max() + 1)], dtype=float)[z]
    omega, zeta = np.full(len(z), params["omega"]), np.full(len(z), params["zeta"])
    noise = params["sigma_pose"] * rng.standard_normal((len(z), 3))
    return _attractor(params["init_pos"], mu, omega, zeta, noise, dt)


def _bones(per_state: dict, z, dt: float, calibration: np.random.Generator, rng: np.random.Generator):
    """Raw directions and accelerations (T, K-1, 3); ``sigma_pose`` is the wanted deviation of a raw component."""
    states = [per_state[str(s)] for s in range(z.max() + 1)]
    mu = np.array([s["mu"] for s in states], dtype=float)
    scale = [s["sigma_pose"] / _unit_noise_deviation(s, mu.shape[1:], dt, calibration) for s in states]
    omega, zeta = (np.array([s[key] for s in states])[z] for key in ("omega", "zeta"))
    noise = np.array(scale)[z][:, None, None] * rng.standard_normal((len(z), *mu.shape[1:]))
    return _attractor(mu[z[0]], mu[z], omega, zeta, noise, dt)


def _unit_noise_deviation(state: dict, shape, dt: float, rng: np.random.Generator) -> float:
    """Root-mean-square deviation that acceleration noise of sd 1 gives a component, by a short run from rest."""
    noise = rng.standard_normal((_CALIBRATION_STEPS, *shape))
    omega, zeta = (np.full(_CALIBRATION_STEPS, state[key]) for key in ("omega", "zeta"))
    path, _ = _attractor(np.zeros(shape), np.zeros(noise.shape), omega, zeta, noise, dt)
    return float(np.sqrt(np.mean(path[_CALIBRATION_WARMUP:] ** 2)))


def _observe(pixels: np.ndarray, observation: dict, rng: dict[str, np.random.Generator]) -> np.ndarray:
    """Pixels (C, T, K, 2) with noise, outliers instead of noise, and NaN where missing."""
    offset = observation["noise_px"] * rng["noise"].standard_normal(pixels.shape)
    outlier = rng["outliers"].uniform(size=pixels.shape[:-1]) < observation["outlier_fraction"]
    far = observation["outlier_std_px"] * rng["outliers"].standard_normal(pixels.shape)
    seen = pixels + np.where(outlier[..., None], far, offset)
    seen[_missing(pixels.shape[:-1], observation["missingness_bernoulli_p"], rng["missingness"])] = np.nan
    return seen


def _missing(shape: tuple[int, int, int], share: float, rng: np.random.Generator) -> np.ndarray:
    """Bernoulli gaps (C, T, K) that leave two cameras per point and still come to ``share`` of all values.

    Where fewer than two cameras are left, those with the highest draw see the point after all; the rate of the draws
    is raised to make up for it.
    """
    n_cameras = shape[0]
    if share == 0:
        return np.zeros(shape, dtype=bool)
    if not 0 < share < (n_cameras - 2) / n_cameras:
        raise InputError(
            f"{share:.0%} missing would leave some points with fewer than two of {n_cameras} cameras; ask for less."
        )
    n_lost = np.arange(n_cameras + 1)

    def surplus(rate: float) -> float:
        return np.minimum(n_lost, n_cameras - 2) @ binom.pmf(n_lost, n_cameras, rate) / n_cameras - share

    draws = rng.uniform(size=shape)
    spared = draws.argsort(axis=0).argsort(axis=0) >= n_cameras - 2
    return (draws < brentq(surplus, 0.0, 1.0)) & ~spared
