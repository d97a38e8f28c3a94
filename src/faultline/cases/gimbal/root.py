"""The root's path: a Gaussian random walk, sampled as increments or as positions."""

from __future__ import annotations

import numpy as np
import pymc as pm
import pytensor.tensor as pt
from scipy.fft import dct

from faultline.cases.gimbal.initialise import Estimate
from faultline.cases.gimbal.variables import Start, data, gamma_of_scale


def root_path(guess: Estimate, how: str, start: Start):
    """``x_root`` (T, 3): steps Normal(0, sqrt(eta2_root)) from a first position Normal(triangulated, 1).

    ``increments`` samples first position and steps, so that each value moves all later positions. ``positions``
    samples the positions under the same prior, in the coordinates of ``waves_to_path``.
    """
    eta2 = gamma_of_scale("eta2_root", guess.eta2, start)
    root = guess.x[:, 0]
    if how == "positions":
        parts = [data(f"root_{name}", value) for name, value in wave_parts(root).items()]
        waves = pm.CustomDist(
            "root_waves",
            *parts,
            data("root_first", root[0]),
            eta2,
            logp=waves_logp,
            random=waves_random,
            signature="(t,t),(t),(d),(t,d),(d),()->(t,d)",
            initval=np.zeros(root.shape),
        )
        return pm.Deterministic("x_root", waves_to_path(waves, *parts, eta2)[0])
    first = pm.Normal("x0_root", root[0], 1.0, shape=3, initval=start["x0_root"])
    steps = pm.Normal("eps_root", 0.0, pt.sqrt(eta2), shape=(len(root) - 1, 3), initval=start["eps_root"])
    return pm.Deterministic("x_root", pt.concatenate([first[None], first[None] + pt.cumsum(steps, axis=0)]))


def wave_parts(path: np.ndarray) -> dict[str, np.ndarray]:
    """What ``waves_to_path`` needs to know about an estimated path (T, 3), all constant.

    ``cosines`` (T, T) is the orthonormal cosine transform, ``stiffness`` (T,) the squared step that a unit wave makes,
    ``noise`` (3,) the variance of one estimated position, ``target`` (T, 3) the waves of the estimated path.
    """
    T = len(path)
    cosines = dct(np.eye(T), axis=0, norm="ortho")
    return {
        "cosines": cosines,
        "stiffness": 4 * np.sin(np.pi * np.arange(T) / (2 * T)) ** 2,
        # Neighbours differ mostly by their two errors. The floor keeps a path without noise usable.
        "noise": np.maximum(np.diff(path, axis=0).var(axis=0) / 2, 1e-8),
        "target": cosines @ path,
    }


def waves_to_path(z, cosines, stiffness, noise, target, eta2):
    """Path (T, 3) of the coordinates ``z`` (T, 3), and the log of the Jacobian's determinant.

    The steps of a random walk separate in cosine waves, and so do independent position errors. Each wave is thus
    shifted and scaled by what prior (``eta2``) and pixels (``noise``) would leave of it, were the pixels Gaussian
    positions: slow waves follow the data, fast ones the prior, and z is near standard normal whatever ``eta2`` is.
    The scaling is a choice of coordinates only; the Jacobian keeps the posterior exact.
    """
    variance = 1 / (stiffness[:, None] / eta2 + 1 / noise)
    waves = variance * target / noise + variance**0.5 * z
    return cosines.T @ waves, pt.log(variance).sum() / 2


def waves_logp(z, cosines, stiffness, noise, target, first, eta2):
    """Log density of ``z`` (T, 3) that the random walk from ``first`` (3,) implies."""
    path, log_jacobian = waves_to_path(z, cosines, stiffness, noise, target, eta2)
    steps = path[1:] - path[:-1]
    start = pm.logp(pm.Normal.dist(first, 1.0), path[0]).sum()
    return start + pm.logp(pm.Normal.dist(0.0, pt.sqrt(eta2)), steps).sum() + log_jacobian


def waves_random(cosines, stiffness, noise, target, first, eta2, rng=None, size=None):
    """Coordinates of one random walk drawn from the prior."""
    steps = np.sqrt(eta2) * rng.standard_normal(target.shape)
    steps[0] = first + rng.standard_normal(first.shape)
    variance = 1 / (stiffness[:, None] / eta2 + 1 / noise)
    return (cosines @ steps.cumsum(axis=0) - variance * target / noise) / np.sqrt(variance)
