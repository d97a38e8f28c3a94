"""Frames in groups of neighbors, and their coordinates."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.spatial import cKDTree


def neighbors(
    rng: np.random.Generator, places: np.ndarray, members: int, neighbor_count: int, groups: int
) -> np.ndarray:
    """Indices (groups, members): each group is a seed point with others of its ``neighbor_count`` nearest, itself among them.

    Where more groups are asked for than there are points, each point is the seed of one.

    Raises
    ------
    ValueError
        There are fewer points, or fewer neighbors, than members.
    """
    if len(places) < members:
        raise ValueError(
            f"Dataset has only {len(places)} points but {members} coordinates per group requested."
        )
    if neighbor_count < members:
        raise ValueError(
            f"neighbor_count is only {neighbor_count} but {members} coordinates per group requested."
        )
    seeds = np.sort(rng.permutation(len(places))[:groups])
    nearest = cKDTree(places).query(places[seeds], k=min(neighbor_count, len(places)))[1]
    return np.stack(
        [
            _members(rng, seed, near, members)
            for seed, near in zip(seeds, nearest.reshape(len(seeds), -1), strict=True)
        ]
    )


def of_regions(regions: np.ndarray, members: int, groups: int) -> np.ndarray:
    """Indices (groups, members) of a grid: the frames of one region are a group."""
    _, first = np.unique(regions, return_index=True)
    return (np.sort(first)[:, None] + np.arange(members))[:groups]


def coordinates(places: np.ndarray, indices: np.ndarray, origin: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """``coords_offsets`` (groups, 1, 2, 1), the groups' means from the origin, and ``coords_relative`` (groups, 1, 2, members)."""
    absolute = np.moveaxis(places[indices] - origin, 1, 2)[:, None]
    offsets = absolute.mean(axis=-1, keepdims=True)
    return offsets, absolute - offsets


def arrays_of(places: np.ndarray, indices: np.ndarray, origin: np.ndarray) -> dict[str, np.ndarray]:
    """The groups of both halves, places (2, points, 2) and indices (2, groups, members), with their coordinates."""
    both = [coordinates(each, rows, origin) for each, rows in zip(places, indices, strict=True)]
    offsets, relative = (np.stack(each) for each in zip(*both, strict=True))
    return {"nn_indices": indices, "coords_offsets": offsets, "coords_relative": relative}


def offsets_of(group: Any) -> np.ndarray:
    """The places (2, frames, 2) of all members, from the origin, of what stage ``group`` left."""
    found = group.coords_offsets + group.coords_relative
    return np.moveaxis(found[:, :, 0], 2, 3).reshape(2, -1, 2)


def summary(
    nn_indices: np.ndarray, coords_offsets: np.ndarray, coords_relative: np.ndarray
) -> dict[str, Any]:
    """How many groups there are, the range of their indices, statistics of both coordinates, and how many frames they use."""
    return {
        "groups_achieved": nn_indices.shape[1],
        "nn_indices": {"min": int(nn_indices.min()), "max": int(nn_indices.max())},
        "coords_offsets": axis_statistics(np.concatenate(coords_offsets)),
        "coords_relative": axis_statistics(np.concatenate(coords_relative)),
        "frames_used": [len(np.unique(each)) for each in nn_indices],
    }


def axis_statistics(coordinates: np.ndarray) -> dict[str, dict[str, float]]:
    """Smallest, largest, mean and standard deviation of coordinates (groups, 1, 2, members), for each axis."""
    rows = {"y": coordinates[:, 0, 0].astype(float), "x": coordinates[:, 0, 1].astype(float)}
    return {
        axis: {"min": float(v.min()), "max": float(v.max()), "mean": float(v.mean()), "std": float(v.std())}
        for axis, v in rows.items()
    }


def _members(rng: np.random.Generator, seed: int, nearest: np.ndarray, members: int) -> np.ndarray:
    others = nearest[nearest != seed][: len(nearest) - 1]
    return np.concatenate([[seed], rng.choice(others, members - 1, replace=False)])
