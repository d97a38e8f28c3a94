"""Pixels given positions: projection, Gaussian noise, and a mixture with outliers."""

from __future__ import annotations

import numpy as np
import pymc as pm
import pytensor.tensor as pt

from faultline.cases.gimbal.dataset import Dataset
from faultline.cases.gimbal.geometry import MIN_DEPTH
from faultline.cases.gimbal.variables import Start, data, gamma

POINT_TERMS = "log_obs_points"  # name of the (C, K, T) terms inside log_obs_t, zero where nothing was seen


def projection(x_all, camera_proj: np.ndarray):
    """Pixels (2, C, K, T) of ``x_all`` (T, K, 3); the Deterministic ``y_pred`` shows them as (C, T, K, 2)."""
    # Sums of products, not pt.dot or a sum over an axis: numba takes a third of its compile time for BLAS, and XLA would
    # keep every product.
    rows = camera_proj.transpose(1, 2, 0)[..., None, None]  # (3, 4, C, 1, 1)
    rotation, shift = data("camera_rotation", rows[:, :3]), data("camera_shift", rows[:, 3])
    x, y, z = pt.split(x_all.T, [1, 1, 1], axis=0)
    h = rotation[:, 0] * x + rotation[:, 1] * y + rotation[:, 2] * z + shift
    pixels = h[:2] / pt.maximum(h[2], MIN_DEPTH)
    pm.Deterministic("y_pred", pixels.transpose(1, 3, 2, 0))
    return pixels


def log_observations(pixels, dataset: Dataset, use_mixture: bool, start: Start):
    """``log_obs_t`` (T,): log density of all pixels of a frame; a point that was not seen adds exactly 0.

    Missing pixels are replaced before the density is taken. Masking afterwards would hide NaN in the value and leave
    it in the gradient.
    """
    seen = data("seen", dataset.seen.transpose(0, 2, 1))
    observed = data("pixels", np.nan_to_num(dataset.y_2d, nan=0.0).transpose(3, 0, 2, 1))
    obs_sigma = gamma("obs_sigma", 1.0, 0.5, start)
    terms = normal_logp(observed, pixels, obs_sigma)
    if use_mixture:
        logodds = pm.Normal("logodds_inlier", 0.0, 5.0, initval=start["logodds_inlier"])
        pm.Deterministic("inlier_prob", pm.math.sigmoid(logodds))
        terms = mixture_logp(terms, logodds, uniform_logp(dataset.image_size))
    terms = pt.where(seen, terms, 0.0)
    terms.name = POINT_TERMS
    return pm.Deterministic("log_obs_t", terms.sum(axis=(0, 1)))


def normal_logp(observed, predicted, obs_sigma):
    """Log density (...) of pixels (2, ...) under independent Gaussian noise."""
    squares = ((observed - predicted) ** 2).sum(axis=0)
    return -squares / (2 * obs_sigma**2) - 2 * pt.log(obs_sigma) - np.log(2 * np.pi)


def mixture_logp(inlier_logp, logodds, outlier_logp: float):
    """Log density of a point that is an inlier with probability sigmoid(logodds)."""
    return outlier_logp - pt.softplus(logodds) + pt.softplus(logodds + inlier_logp - outlier_logp)


def uniform_logp(image_size: tuple[int, int]) -> float:
    """Log density of an outlier: uniform over the image."""
    return -float(np.log(image_size[0] * image_size[1]))
