"""What a gimbal dataset must satisfy: one clear sentence per mistake."""

from __future__ import annotations

import numpy as np

from faultline.core.errors import InputError, shown


def check_shapes(arrays: dict[str, np.ndarray]) -> None:
    """Numbers where numbers belong, and C, T, K the same everywhere. ``arrays`` come straight from the file.

    Raises
    ------
    InputError
        Naming the key, its shape, and the shape it should have.
    """
    for key, array in arrays.items():
        if key not in ("joint_names", "config_json", "config_hash") and array.dtype.kind not in "fiu":
            raise InputError(
                f"{key} holds {array.dtype}, not numbers; save it as an array of floats or integers."
            )
    if arrays["y_2d"].ndim != 4 or arrays["y_2d"].shape[-1] != 2 or 0 in arrays["y_2d"].shape:
        _refuse_shape("y_2d", arrays["y_2d"], "(cameras, frames, joints, 2)")
    C, T, K, _ = arrays["y_2d"].shape
    wanted = {
        "camera_proj": (C, 3, 4),
        "parents": (K,),
        "x_true": (T, K, 3),
        "u_true": (T, K, 3),
        "a_true": (T, K, 3),
        "z_true": (T,),
        "bone_lengths": (K,),
    }
    for key, shape in wanted.items():
        if key in arrays and arrays[key].shape != shape:
            _refuse_shape(key, arrays[key], f"{shape}, to go with y_2d {arrays['y_2d'].shape}")


def check_dataset(dataset) -> None:
    """The skeleton is a tree, the cameras are usable, and every joint can be triangulated somewhere.

    Raises
    ------
    InputError
        The first mistake found.
    """
    if dataset.n_frames < 2 or dataset.n_joints < 2:
        raise InputError(
            f"the dataset has {dataset.n_frames} frames and {dataset.n_joints} joints; the model needs two of each."
        )
    _check_tree(dataset.parents, dataset.joint_names)
    for camera in np.flatnonzero(~np.isfinite(dataset.camera_proj).all(axis=(1, 2)))[:1]:
        raise InputError(
            f"camera_proj[{camera}] is not finite; correct that camera's matrix or leave it out."
        )
    # Of a projection only the ratios count: scaled, no entry is too large for the decomposition.
    largest = np.abs(dataset.camera_proj).max(axis=(1, 2), keepdims=True)
    ranks = np.linalg.matrix_rank(dataset.camera_proj / np.where(largest > 0, largest, 1.0))
    for camera in np.flatnonzero(ranks < 3)[:1]:
        raise InputError(
            f"camera_proj[{camera}] has rank below 3, so it is not a valid projection; correct that matrix."
        )
    if np.isinf(dataset.y_2d).any():
        raise InputError("y_2d holds infinite pixels; write NaN where a joint was not seen.")
    seen = dataset.seen
    if not seen.any():
        raise InputError("all values of y_2d are missing (NaN); there is nothing to fit.")
    for joint, name in enumerate(dataset.joint_names):
        cameras = int(seen[:, :, joint].any(axis=1).sum())
        if cameras < 2:
            raise InputError(
                f"joint {joint} ({name}) is seen by {cameras} of {dataset.n_cameras} cameras, but its position needs "
                "at least two; add a camera that sees it, or leave the joint out."
            )
        if seen[:, :, joint].sum(axis=0).max() < 2:
            raise InputError(
                f"joint {joint} ({name}) is never seen by two cameras in one frame, so no frame fixes its position; "
                "add frames or leave the joint out."
            )


def check_truth(dataset) -> None:
    """What the dataset says of the truth can be one: figures of recovery rest on it.

    Raises
    ------
    InputError
        Naming the array and the first element that no truth can be.
    """
    for key in ("x_true", "u_true", "a_true", "bone_lengths"):
        if (array := getattr(dataset, key)) is not None:
            _refuse_where(~np.isfinite(array), key, array, "is not a finite number")
    if (lengths := dataset.bone_lengths) is not None:
        _refuse_where(lengths < 0, "bone_lengths", lengths, "is negative")
    if (states := dataset.z_true) is not None:
        known = (states == np.floor(states)) & (states >= 0) & (states < dataset.n_states)
        _refuse_where(~known, "z_true", states, f"is not a state from 0 to {dataset.n_states - 1}")


def _refuse_where(wrong: np.ndarray, key: str, array: np.ndarray, what: str) -> None:
    for index in np.argwhere(wrong)[:1]:
        place = ", ".join(map(str, index))
        raise InputError(
            f"{key}[{place}] is {array[tuple(index)]}, which {what}; correct it, or leave {key} out of the dataset."
        )


def check_parents_kept(parents: np.ndarray, n_joints: int, names: tuple[str, ...]) -> None:
    """The first ``n_joints`` joints hang only on each other.

    Raises
    ------
    InputError
        Naming a joint that would be kept without its parent.
    """
    for joint in range(n_joints):
        if parents[joint] >= n_joints:
            raise InputError(
                f"max_K = {n_joints} keeps joint {joint} ({names[joint]}) but drops its parent {parents[joint]} "
                f"({names[parents[joint]]}); set max_K to at least {parents[joint] + 1}, or to less than {joint + 1}."
            )


def _check_tree(parents: np.ndarray, names: tuple[str, ...]) -> None:
    K = len(parents)
    if parents.dtype.kind not in "iu":
        raise InputError(
            f"parents holds {parents.dtype}; give whole numbers: the index of each joint's parent."
        )
    roots = np.flatnonzero(parents == -1)
    if roots.tolist() != [0]:
        raise InputError(
            f"parents {shown(parents.tolist())} is not a tree rooted at joint 0: joint 0 alone must have parent -1, "
            f"but the roots are {shown(roots.tolist())}."
        )
    for joint, parent in enumerate(parents):
        if not -1 <= parent < K:
            raise InputError(f"parents[{joint}] = {parent} is out of range: there are joints 0 to {K - 1}.")
    # Each step doubles how far above a joint is looked at; the root stands above itself.
    above = np.where(parents < 0, 0, parents).astype(np.int64)
    for _ in range(K.bit_length()):
        above = above[above]
    for joint in np.flatnonzero(above)[:1]:
        raise InputError(
            f"parents {shown(parents.tolist())} is not a tree: joint {joint} ({names[joint]}) leads into a cycle; "
            "make every chain of parents end at joint 0."
        )


def _refuse_shape(key: str, array: np.ndarray, wanted: str) -> None:
    raise InputError(f"{key} has shape {array.shape}; it must be {wanted}.")
