"""Initial values of the free variables, from the initial estimate."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.cluster.vq import kmeans2

from faultline.cases.gimbal.initialise import Estimate

_MAX_KAPPA = 20.0  # the prior HalfNormal(5) hardly allows more, however steady the directions are
_MIN_RESULTANT, _MAX_RESULTANT = 0.05, 0.999  # keep the estimate of kappa away from 0 and from infinity
_ANY_DIRECTION = np.array([0.0, 0.0, 1.0])  # for the root, which has none


def skeleton_values(guess: Estimate) -> dict[str, np.ndarray]:
    """Initial values of everything but the hidden states, by name, for every choice of coordinates.

    Coordinates that are 0 at the estimate (root innovations, tangent planes, standard-normal lengths) need no entry.
    """
    root = guess.x[:, 0]
    values = {
        "eta2_root": guess.eta2,
        "rho": guess.rho,
        "sigma2": guess.sigma2,
        "obs_sigma": guess.obs_sigma,
        "x0_root": root[0],
        "eps_root": np.diff(root, axis=0),
        "logodds_inlier": _logit(np.clip(guess.inlier_share, 0.02, 0.98)),
    }
    for k, rho in enumerate(guess.rho, start=1):
        values[f"raw_u_{k}"] = guess.u[:, k]
        values[f"length_{k}"] = np.full(len(root), rho)
    return values


@dataclass(frozen=True)
class States:
    """Estimated poses: ``mu`` (S, K, 3) mean directions, ``kappa`` (S, K) concentrations."""

    mu: np.ndarray
    kappa: np.ndarray


def cluster_states(u: np.ndarray, n_states: int) -> States:
    """The hidden states as clusters of the directions ``u`` (T, K, 3). The root's, all zero, may be among them."""
    T = len(u)
    label = (
        kmeans2(u.reshape(T, -1), n_states, minit="++", seed=0)[1] if n_states > 1 else np.zeros(T, dtype=int)
    )
    mean = np.stack(
        [u[label == s].mean(axis=0) if (label == s).any() else u.mean(axis=0) for s in range(n_states)]
    )
    length = np.linalg.norm(mean, axis=-1, keepdims=True)
    mu = np.where(length > 0, mean / np.where(length > 0, length, 1), _ANY_DIRECTION)
    r = np.clip(length[..., 0], _MIN_RESULTANT, _MAX_RESULTANT)
    kappa = r * (3 - r**2) / (1 - r**2)  # Banerjee et al. 2005, equation 4.4, in three dimensions
    return States(mu, np.minimum(kappa, _MAX_KAPPA))


def _logit(p: float) -> float:
    return float(np.log(p / (1 - p)))
