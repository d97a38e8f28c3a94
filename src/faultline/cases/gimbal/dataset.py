"""Load and validate a gimbal dataset (``.npz``). A file can never run code: nothing in it is unpickled."""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np

from faultline.cases.gimbal.checks import (
    check_dataset,
    check_parents_kept,
    check_shapes,
    check_truth,
)
from faultline.core.errors import InputError, one_line, shown
from faultline.store.arrays import read_arrays

LARGEST = 2**30
"""Bytes that the arrays of a dataset may unpack to: a thousand times those of the largest one in use."""
_NEEDED = ("y_2d", "camera_proj", "parents")
_TRUTH = ("x_true", "u_true", "a_true", "z_true", "bone_lengths")
_TIME_AXIS = {"y_2d": 1, "x_true": 0, "u_true": 0, "a_true": 0, "z_true": 0}
_JOINT_AXIS = {"y_2d": 2, "parents": 0, "x_true": 1, "u_true": 1, "a_true": 1, "bone_lengths": 0}


@dataclass(frozen=True, eq=False)
class Dataset:
    """Pixels of K joints in C cameras over T frames, the skeleton, and the truth where it is known.

    Attributes
    ----------
    y_2d
        (C, T, K, 2) pixels, NaN where a joint was not seen.
    camera_proj
        (C, 3, 4) projection matrices.
    parents
        (K,) index of the joint each joint hangs on; joint 0 is the root, -1.
    x_true, u_true, a_true, z_true, bone_lengths
        Truth, or None: positions (T, K, 3) in world units, unit directions (T, K, 3) with 0 for the root,
        accelerations (T, K, 3), state ids (T,), lengths (K,) with 0 for the root.
    """

    name: str
    y_2d: np.ndarray
    camera_proj: np.ndarray
    parents: np.ndarray
    joint_names: tuple[str, ...]
    image_size: tuple[int, int]
    n_states: int
    x_true: np.ndarray | None = None
    u_true: np.ndarray | None = None
    a_true: np.ndarray | None = None
    z_true: np.ndarray | None = None
    bone_lengths: np.ndarray | None = None

    @property
    def n_cameras(self) -> int:
        return self.y_2d.shape[0]

    @property
    def n_frames(self) -> int:
        return self.y_2d.shape[1]

    @property
    def n_joints(self) -> int:
        return self.y_2d.shape[2]

    @property
    def seen(self) -> np.ndarray:
        """(C, T, K) bool: both pixel coordinates are there."""
        return ~np.isnan(self.y_2d).any(axis=-1)

    @property
    def fingerprint(self) -> str:
        """SHA-256 of everything a model or a report can depend on."""
        digest = hashlib.sha256()
        for field in fields(self):
            value = getattr(self, field.name)
            if isinstance(value, np.ndarray):
                digest.update(f"{field.name} {value.dtype} {value.shape}".encode())
                digest.update(np.ascontiguousarray(value).tobytes())
            else:
                digest.update(f"{field.name} {value}".encode())
        return digest.hexdigest()

    def truncate(self, max_T: int | None = None, max_K: int | None = None) -> Dataset:
        """The first ``max_T`` frames and ``max_K`` joints; a limit beyond the size leaves it whole.

        Raises
        ------
        InputError
            Fewer than two frames or joints, or a joint would lose its parent.
        """
        for limit, name, noun in ((max_T, "max_T", "frames"), (max_K, "max_K", "joints")):
            if limit is not None and limit < 2:
                raise InputError(f"{name} = {limit} is out of range: the model needs at least two {noun}.")
        T = min(max_T or self.n_frames, self.n_frames)
        K = min(max_K or self.n_joints, self.n_joints)
        check_parents_kept(self.parents, K, self.joint_names)
        cut = {}
        for field in fields(self):
            value = getattr(self, field.name)
            if isinstance(value, np.ndarray):
                value = value.take(range(T), _TIME_AXIS[field.name]) if field.name in _TIME_AXIS else value
                value = value.take(range(K), _JOINT_AXIS[field.name]) if field.name in _JOINT_AXIS else value
            cut[field.name] = value
        return Dataset(**cut | {"joint_names": self.joint_names[:K]})

    def describe(self) -> dict:
        """Plain facts for the record: sizes, what is missing, how many cameras see each joint."""
        cameras_per_point = self.seen.sum(axis=0)
        n_observed = int(self.seen.sum())
        return {
            "name": self.name,
            "T": self.n_frames,
            "K": self.n_joints,
            "C": self.n_cameras,
            "n_states": self.n_states,
            "image_size": list(self.image_size),
            "n_observed": n_observed,
            "n_missing": self.seen.size - n_observed,
            "missing_share": 1 - n_observed / self.seen.size,
            "points_below_two_cameras": int((cameras_per_point < 2).sum()),
            "joints": [
                {
                    "name": self.joint_names[k],
                    "parent": int(self.parents[k]),
                    "cameras": int(self.seen[:, :, k].any(axis=1).sum()),
                    "min_cameras_in_a_frame": int(cameras_per_point[:, k].min()),
                }
                for k in range(self.n_joints)
            ],
            "has_truth": self.x_true is not None and self.u_true is not None,
            "fingerprint": self.fingerprint,
        }


def load_dataset(path: str | Path, max_T: int | None = None, max_K: int | None = None) -> Dataset:
    """Read, cut down and validate a dataset; the truth keys may be absent.

    Raises
    ------
    InputError
        What is wrong with the file or the limits, and what to do, in one sentence.
    """
    arrays = _read(Path(path))
    for key in (*_NEEDED, "config_json"):
        if key not in arrays:
            raise InputError(
                f"dataset {path} has no key {key!r}; it has {', '.join(sorted(arrays)) or 'none'}."
            )
    check_shapes(arrays)
    config = _config(arrays["config_json"])
    n_joints = arrays["y_2d"].shape[2]
    whole = Dataset(
        name=Path(path).stem,
        joint_names=_joint_names(arrays, config, n_joints),
        image_size=tuple(_setting(config, "dataset_spec.cameras.image_size", _is_image_size)),
        n_states=_setting(config, "dataset_spec.states.num_states", _is_count),
        **{key: arrays[key] for key in (*_NEEDED, *_TRUTH) if key in arrays},
    )
    check_dataset(whole)
    check_truth(whole)
    cut = whole.truncate(max_T, max_K)
    if (cut.n_frames, cut.n_joints) != (whole.n_frames, whole.n_joints):
        check_dataset(cut)
    return cut


def _read(path: Path) -> dict[str, np.ndarray]:
    """The arrays of the file; ``joint_names`` as objects, which would need unpickling, counts as absent."""
    if not os.path.lexists(path):
        raise InputError(
            f"dataset {path} does not exist; make it with scripts/make_dataset.py, or correct the path."
        )
    arrays = read_arrays(path, at_most=LARGEST, objects_absent=["joint_names"])
    # What evaluates the model takes numbers of this machine's order, and linear algebra no half or long ones.
    for key, array in arrays.items():
        if array.dtype.kind == "f":
            arrays[key] = array.astype(float, copy=False)
        elif array.dtype.kind in "iu":
            arrays[key] = array.astype(array.dtype.newbyteorder("="), copy=False)
    return arrays


def _config(text: np.ndarray) -> dict:
    try:
        config = json.loads(str(text))
    except (ValueError, RecursionError) as err:
        raise InputError(
            f"config_json is not JSON ({one_line(str(err), 120)}); write the configuration as JSON text."
        ) from None
    if not isinstance(config, dict):
        raise InputError("config_json must be a JSON object, as the generator writes it.")
    return config


def _setting(config: dict, dotted: str, is_right):
    """The value at ``dotted`` in the configuration; ``is_right`` says whether it makes sense."""
    value = config
    for key in dotted.split("."):
        value = value.get(key) if isinstance(value, dict) else None
    if not is_right(value):
        raise InputError(f"config_json: {dotted} is {shown(value)}; give {is_right.__doc__}.")
    return value


def _is_count(value) -> bool:
    """a whole number of at least 1"""
    return isinstance(value, int) and not isinstance(value, bool) and value >= 1


def _is_image_size(value) -> bool:
    """two positive numbers, width and height in pixels"""
    return (
        isinstance(value, list)
        and len(value) == 2
        and all(isinstance(v, int | float) and not isinstance(v, bool) and 0 < v < 1e6 for v in value)
    )


def _joint_names(arrays: dict, config: dict, n_joints: int) -> tuple[str, ...]:
    """Names from the file, else from its configuration, else joint_0, joint_1, ..."""
    names = arrays.get("joint_names")
    if names is None or names.shape != (n_joints,):
        spec = config.get("dataset_spec")
        skeleton = spec.get("skeleton") if isinstance(spec, dict) else None
        names = skeleton.get("joint_names") if isinstance(skeleton, dict) else None
    if not isinstance(names, np.ndarray | list) or len(names) != n_joints:
        names = [f"joint_{k}" for k in range(n_joints)]
    return tuple(one_line(str(name), 60) for name in names)
