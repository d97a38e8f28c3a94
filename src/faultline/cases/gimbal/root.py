"""The root's path: a Gaussian random walk, sampled as increments or as positions."""

from __future__ import annotations

import math

import numpy as np
import pymc as pm
import pytensor.tensor as pt

from faultline.cases.gimbal.initialise import Estimate
from faultline.cases.gimbal.variables import Start, data, gamma_of_scale


def root_path(guess: Estimate, how: str, start: Start):
    """``x_root`` (T, 3): steps Normal(0, sqrt(eta2_root)) from a first position Normal(triangulated, 1).

    ``increments`` samples first position and steps, so that each value moves all later positions. ``positions``
    samples the positions under the same prior, in the coordinates of ``smoothed_path``.
    """
    eta2 = gamma_of_scale("eta2_root", guess.eta2, start)
    root = guess.x[:, 0]
    if how == "positions":
        parts = [data(f"root_{name}", value) for name, value in path_parts(root).items()]
        innovations = pm.CustomDist(
            "root_innovations",
            *parts,
            eta2,
            logp=innovations_logp,
            random=innovations_random,
            signature="(),(t,d),(d),()->(t,d)",
            initval=np.zeros(root.shape),
        )
        return pm.Deterministic("x_root", smoothed_path(innovations, *parts, eta2)[0])
    first = pm.Normal("x0_root", data("root_first", root[0]), 1.0, shape=3, initval=start["x0_root"])
    steps = pm.Normal("eps_root", 0.0, pt.sqrt(eta2), shape=(len(root) - 1, 3), initval=start["eps_root"])
    return pm.Deterministic("x_root", pt.concatenate([first[None], first[None] + pt.cumsum(steps, axis=0)]))


def path_parts(path: np.ndarray) -> dict[str, np.ndarray]:
    """What ``smoothed_path`` needs to know about an estimated path (T, 3), all constant.

    ``noise`` () is the variance of one coordinate of an estimated position, ``seen`` (T, 3) the path relative to its
    ``first`` (3,).
    """
    return {
        # Neighbours differ mostly by their two errors. The floor keeps a path without noise usable.
        "noise": np.maximum(np.diff(path, axis=0).var() / 2, 1e-8),
        "seen": path - path[0],
        "first": path[0],
    }


def smoothed_path(z, noise, seen, first, eta2):
    """Path (T, 3) of the coordinates ``z`` (T, 3), and the log of the Jacobian's determinant.

    Were the pixels positions with Gaussian errors, the walk given them would have the same tridiagonal precision in
    every frame, so that its Cholesky factor is a filter with one coefficient: forward over the seen positions, backward
    over the innovations. In these coordinates z is near standard normal whatever ``eta2`` is. It is a choice of
    coordinates only; the Jacobian keeps the posterior exact.
    """
    log_decay, push, precision = _smoother(noise, seen, eta2, pt)
    innovations = filtered(push.T, log_decay) / precision.T + z.T / pt.sqrt(precision).T
    path = filtered(innovations, log_decay, backward=True).T
    return first + path, -pt.log(precision).sum() * seen.type.shape[1] / 2


def _smoother(noise, seen, eta2, xp):
    """Log of the filter's coefficient (), what it is fed (T, 3), and the innovations' precision (T, 1); ``xp`` computes."""
    T = seen.shape[0] if xp is np else seen.type.shape[0]
    ratio = eta2 / noise
    log_decay = -xp.log1p(ratio / 2 + xp.sqrt(ratio + ratio**2 / 4))
    stiff = -xp.expm1(log_decay) / eta2
    # The frames before the first are taken to have looked like those after it.
    weights = xp.exp(log_decay * np.arange(T))[:, None]
    before = stiff * (weights * seen).sum(axis=0) / weights.sum()
    push = seen / noise + before * np.eye(T, 1)
    last = np.eye(1, T, T - 1).T
    return log_decay, push, xp.exp(-log_decay) / eta2 * (1 - last) + (1 / noise + stiff) * last


def filtered(w, log_decay, backward: bool = False):
    """x (d, T) with x[:, t] = exp(log_decay) * x[:, t-1] + w[:, t], or the same from the last frame backward.

    Matrix products within blocks of about sqrt(T) frames and from block to block: a loop over frames costs every
    backend dearly, and a tree of sums costs seconds to compile. Time runs last, so that the blocks lie in memory as
    they are.
    """
    d, T = w.type.shape
    size = math.isqrt(T - 1) + 1
    n = -(-T // size)
    blocks = pt.concatenate([w, pt.zeros((d, n * size - T))], axis=1).reshape((d * n, size))
    inside, between = _powers(log_decay, size, 0), _powers(size * log_decay, n, 1)
    since = pt.exp(log_decay * np.arange(1, size + 1))
    if backward:
        inside, between, since = inside.T, between.T, since[::-1]
    ends = pt.dot(blocks, inside[:, 0 if backward else -1]).reshape((d, n))
    carried = pt.dot(ends, between).reshape((d * n, 1))
    x = pt.dot(pt.concatenate([blocks, carried], axis=1), pt.concatenate([inside, since[None]]))
    return x.reshape((d, n * size))[:, :T]


def _powers(log_decay, n: int, lag: int):
    """(n, n): what a value at i adds at j, exp(log_decay * (j - i - lag)) where that is a power of 0 or more, else 0."""
    power = np.subtract.outer(-np.arange(n), -np.arange(n)) - lag
    return pt.exp(log_decay * np.maximum(power, 0)) * (power >= 0)


def innovations_logp(z, noise, seen, first, eta2):
    """Log density of ``z`` (T, 3) that the random walk from ``first`` (3,) implies."""
    path, log_jacobian = smoothed_path(z, noise, seen, first, eta2)
    steps = path[1:] - path[:-1]
    start = pm.logp(pm.Normal.dist(first, 1.0), path[0]).sum()
    return start + pm.logp(pm.Normal.dist(0.0, pt.sqrt(eta2)), steps).sum() + log_jacobian


def innovations_random(noise, seen, first, eta2, rng=None, size=None):
    """Coordinates of one random walk drawn from the prior: ``smoothed_path`` solved for z."""
    steps = np.sqrt(eta2) * rng.standard_normal(seen.shape)
    steps[0] = rng.standard_normal(first.shape)
    path = steps.cumsum(axis=0)
    log_decay, push, precision = _smoother(noise, seen, eta2, np)
    decay = np.exp(log_decay)
    mean = push.copy()
    for t in range(1, len(mean)):  # scipy.signal filters quicker, and takes half a second to import
        mean[t] += decay * mean[t - 1]
    mean /= precision
    path[:-1] -= decay * path[1:]
    return (path - mean) * np.sqrt(precision)
