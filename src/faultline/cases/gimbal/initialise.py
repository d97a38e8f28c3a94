"""The initial estimate: triangulate every point, then read bones, steps and noise off the result."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from faultline.cases.gimbal.dataset import Dataset
from faultline.cases.gimbal.geometry import project, unit

INLIER_PX = 15.0  # a point is an inlier when its reprojection error is below this


@dataclass(frozen=True)
class Estimate:
    """What triangulation says; world units unless another unit is given.

    Attributes
    ----------
    x
        (T, K, 3) positions, interpolated in time where fewer than two cameras saw the point.
    u
        (T, K, 3) unit directions from the parent, 0 for the root.
    lengths
        (T, K-1) bone lengths; ``rho`` and ``sigma2`` (K-1,) are their mean and variance.
    eta2
        Variance of one component of the root's step.
    obs_sigma
        Pixels: residual of the inliers, corrected for the three values that each point costs.
    inlier_share
        Share of observed pixels whose reprojection error is below ``INLIER_PX``.
    """

    x: np.ndarray
    u: np.ndarray
    lengths: np.ndarray
    rho: np.ndarray
    sigma2: np.ndarray
    eta2: float
    obs_sigma: float
    inlier_share: float


def estimate(dataset: Dataset) -> Estimate:
    """The initial estimate of every latent quantity, from direct linear triangulation of each point."""
    x = interpolate(triangulate(dataset.camera_proj, dataset.y_2d))
    bones = x[:, 1:] - x[:, dataset.parents[1:]]
    lengths = np.linalg.norm(bones, axis=-1)
    obs_sigma, inlier_share = _noise(dataset, x)
    return Estimate(
        x=x,
        u=np.concatenate([np.zeros((len(x), 1, 3)), unit(bones)], axis=1),
        lengths=lengths,
        rho=lengths.mean(axis=0),
        sigma2=lengths.var(axis=0),
        eta2=float(np.diff(x[:, 0], axis=0).var()),
        obs_sigma=obs_sigma,
        inlier_share=inlier_share,
    )


def triangulate(camera_proj: np.ndarray, y_2d: np.ndarray) -> np.ndarray:
    """Positions (T, K, 3) by direct linear triangulation; NaN where fewer than two cameras saw the point.

    Each camera that saw it gives two rows, u P[2] - P[0] and v P[2] - P[1]; the right singular vector of the smallest
    singular value is the homogeneous position. Rows of blind cameras are zero and take no part.
    """
    P = camera_proj[:, None, None]
    rows = np.stack(
        [y_2d[..., :1] * P[..., 2, :] - P[..., 0, :], y_2d[..., 1:] * P[..., 2, :] - P[..., 1, :]]
    )
    seen = ~np.isnan(rows).any(axis=(0, -1))
    rows = np.where(seen[..., None], rows, 0.0)
    _, C, T, K, _ = rows.shape
    system = np.moveaxis(rows.reshape(2 * C, T, K, 4), 0, 2)
    h = np.linalg.svd(system)[2][..., -1, :]
    with np.errstate(divide="ignore", invalid="ignore"):
        x = h[..., :3] / h[..., 3:]
    x[(seen.sum(axis=0) < 2) | ~np.isfinite(x).all(axis=-1)] = np.nan
    return x


def interpolate(x: np.ndarray) -> np.ndarray:
    """``x`` (T, K, 3) with NaN points filled linearly in time, and with the nearest known one at the ends."""
    filled = x.copy()
    frames = np.arange(len(x))
    for joint in range(x.shape[1]):
        known = ~np.isnan(x[:, joint, 0])
        if not known.all():
            for axis in range(3):
                filled[:, joint, axis] = np.interp(frames, frames[known], x[known, joint, axis])
    return filled


def _noise(dataset: Dataset, x: np.ndarray) -> tuple[float, float]:
    """Pixel noise of the inliers, and their share among the observed points."""
    seen = dataset.seen
    residual = np.where(seen[..., None], dataset.y_2d - project(dataset.camera_proj, x), 0.0)
    inlier = seen & (np.linalg.norm(residual, axis=-1) < INLIER_PX)
    used = inlier if inlier.any() else seen
    cameras = used.sum(axis=0)
    freedom = (2 * cameras - 3)[cameras >= 2].sum()
    square = (residual[used & (cameras >= 2)] ** 2).sum()
    return float(np.sqrt(square / max(freedom, 1))), float(inlier.sum() / seen.sum())
