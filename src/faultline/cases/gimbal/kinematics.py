"""Priors of bone directions and lengths, in the ways that ``model.build`` offers, and the positions that follow from them.

All functions add variables to the PyMC model on the context stack; ``start`` maps their names to initial values.
"""

from __future__ import annotations

import numpy as np
import pymc as pm
import pytensor.tensor as pt

from faultline.cases.gimbal import sphere
from faultline.cases.gimbal.geometry import ancestor_matrix
from faultline.cases.gimbal.initialise import Estimate
from faultline.cases.gimbal.variables import Start, data, gamma_of_scale


def directions(guess: Estimate, how: str, start: Start):
    """``U`` (T, K, 3): unit bone directions, uniform on the sphere; zero for the root. Each ``u_k`` is a row of it.

    ``normalised`` spends three values on a direction and leaves its radius free. ``tangent`` spends two, in the
    plane that touches the sphere at the initial estimate.
    """
    T, K, _ = guess.u.shape
    if how == "tangent":
        v = pt.stack([sphere.tangent(f"tangent_u_{k}", (T,)) for k in range(1, K)], axis=1)
        u = sphere.from_tangent(v, guess.u[:, 1:], "u")
    else:
        names = [f"raw_u_{k}" for k in range(1, K)]
        raw = pt.stack([pm.Normal(n, 0.0, 1.0, shape=(T, 3), initval=start[n]) for n in names], axis=1)
        u = sphere.normalise(raw)
    U = pm.Deterministic("U", pt.concatenate([pt.zeros((T, 1, 3)), u], axis=1))
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
    return pm.Deterministic("lengths", pt.stack(bones, axis=1))


def positions(x_root, U, lengths, parents: np.ndarray):
    """``x_all`` (T, K, 3): each joint is the root plus the bones on the way to it. Each ``x_k`` is a row of it."""
    bones = lengths[..., None] * U[:, 1:]
    on_the_way = data("ancestors", ancestor_matrix(parents)[:, 1:, None])
    x_all = pm.Deterministic("x_all", x_root[:, None] + (on_the_way * bones[:, None]).sum(axis=2))
    for k in range(len(parents)):
        pm.Deterministic(f"x_{k}", x_all[:, k])
    return x_all
