"""Skeleton and camera geometry in plain NumPy, shared by the generator, the initial estimate and the pictures."""

from __future__ import annotations

import numpy as np

MIN_DEPTH = 1e-6  # world units: the projection clamps w here, so that it stays finite behind a camera


def project(camera_proj: np.ndarray, x: np.ndarray) -> np.ndarray:
    """Pixels (C, ..., 2) of the points ``x`` (..., 3) under the camera matrices (C, 3, 4)."""
    h = np.einsum("cij,...j->c...i", camera_proj[:, :, :3], x)
    h += camera_proj[:, :, 3].reshape(-1, *[1] * (x.ndim - 1), 3)
    return h[..., :2] / np.maximum(h[..., 2:], MIN_DEPTH)


def ancestor_matrix(parents: np.ndarray) -> np.ndarray:
    """(K, K) of 0 and 1: row k marks joint k and every joint between it and the root.

    Positions are this matrix times the offsets from each joint's parent. The parents must form a tree.
    """
    matrix = np.zeros((len(parents), len(parents)))
    for joint in range(len(parents)):
        above = joint
        while above >= 0:
            matrix[joint, above] = 1.0
            above = int(parents[above])
    return matrix


def unit(vectors: np.ndarray) -> np.ndarray:
    """``vectors`` (..., 3) scaled to length one; zero vectors stay zero."""
    norm = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return np.divide(vectors, norm, out=np.zeros_like(vectors), where=norm > 0)


def tangent_basis(u: np.ndarray) -> np.ndarray:
    """(..., 3, 2): two unit vectors orthogonal to ``u`` (..., 3) and to each other."""
    helper = np.eye(3)[np.abs(u).argmin(axis=-1)]
    first = unit(np.cross(u, helper))
    return np.stack([first, np.cross(u, first)], axis=-1)
