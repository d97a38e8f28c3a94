"""Priors of bone directions and lengths, in the ways that ``model.build`` offers, and the positions that follow from them.

All functions add variables to the PyMC model on the context stack; ``start`` maps their names to initial values. The
variables have frames first; what is computed from them has frames last, for long strides in memory.
"""

from __future__ import annotations

import numpy as np
import pymc as pm
import pytensor.tensor as pt

from faultline.cases.gimbal import sphere
from faultline.cases.gimbal.geometry import ancestor_matrix
from faultline.cases.gimbal.initialise import Estimate
from faultline.cases.gimbal.variables import Start, gamma_of_scale


def directions(guess: Estimate, how: str, start: Start):
    """``U`` (T, K, 3): unit bone directions, uniform on the sphere; zero for the root. Each ``u_k`` is a row of it.

    ``normalised`` spends three values on a direction and leaves its radius free. ``tangent`` spends two, in the
    plane that touches the sphere at the initial estimate.
    """
    T, K, _ = guess.u.shape
    if how == "tangent":
        v = pt.stack([sphere.tangent(f"tangent_u_{k}", (T,)).T for k in range(1, K)], axis=1)
        u = sphere.from_tangent(v, guess.u[:, 1:].T, "u")
    else:
        names = [f"raw_u_{k}" for k in range(1, K)]
        raw = pt.stack([pm.Normal(n, 0.0, 1.0, shape=(T, 3), initval=start[n]).T for n in names], axis=1)
        u = sphere.normalise(raw)
    U = pm.Deterministic("U", pt.concatenate([pt.zeros((3, 1, T)), u], axis=1).T)
    for k in range(1, K):
        pm.Deterministic(f"u_{k}", U[:, k])
    return U


def bone_lengths(guess: Estimate, how: str, start: Start):
    """``lengths`` (T, K-1): Normal(rho_k, sqrt(sigma2_k)) in every frame, sampled as such or as standard normals."""
    T, n_bones = guess.lengths.shape
    rho = gamma_of_scale("rho", guess.rho, start)
    sd = pt.sqrt(gamma_of_scale("sigma2", guess.sigma2, start))
    bones = []
    for k in range(1, n_bones + 1):
        if how == "noncentered":
            name = f"length_raw_{k}"
            raw = pm.Normal(name, 0.0, 1.0, shape=T)
            bones.append(pm.Deterministic(f"length_{k}", rho[k - 1] + sd[k - 1] * raw))
        else:
            name = f"length_{k}"
            bones.append(pm.Normal(name, rho[k - 1], sd[k - 1], shape=T, initval=start[name]))
    return pm.Deterministic("lengths", pt.stack(bones).T)


def positions(x_root, U, lengths, parents: np.ndarray):
    """``x_all`` (T, K, 3): each joint is the root plus the bones on the way to it. Each ``x_k`` is a row of it."""
    # Split and joined, not sliced and stacked: the gradient of either is the other, so that both grow with K alone.
    bones = pt.split(lengths.T * U[:, 1:].T, [1] * (len(parents) - 1), axis=1)
    joints = {0: x_root.T[:, None]}
    for k in ancestor_matrix(parents).sum(axis=1).argsort(kind="stable")[1:]:  # parents first
        joints[k] = joints[parents[k]] + bones[k - 1]
    x_all = pm.Deterministic("x_all", pt.concatenate([joints[k] for k in range(len(parents))], axis=1).T)
    for k in range(len(parents)):
        pm.Deterministic(f"x_{k}", x_all[:, k])
    return x_all
