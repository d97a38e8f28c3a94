"""Unit vectors as random variables, uniform on the sphere: three normal values each, or two tangent coordinates."""

from __future__ import annotations

import numpy as np
import pymc as pm
import pytensor.tensor as pt

from faultline.cases.gimbal.geometry import tangent_basis
from faultline.cases.gimbal.variables import data

_SMALL = 1e-8  # added to a squared norm before its root, so that the gradient exists at zero


def normalise(raw):
    """``raw`` (3, ...) divided by its length. Standard normal values give a uniform direction and a free radius."""
    return raw / pt.sqrt((raw**2).sum(axis=0) + _SMALL)


def tangent(name: str, shape: tuple[int, ...]):
    """A free variable (*shape, 2): the coordinates that ``from_tangent`` makes unit vectors of, starting at 0."""
    return pm.CustomDist(
        name,
        np.zeros(2),
        logp=tangent_logp,
        random=tangent_random,
        signature="(c)->(c)",
        shape=(*shape, 2),
        initval=np.zeros((*shape, 2)),
    )


def from_tangent(v, centre: np.ndarray, label: str):
    """Unit vectors (3, ...) of coordinates ``v`` (2, ...) in the plane that touches the sphere at ``centre`` (3, ...).

    The plane is projected from the point opposite (stereographic): with m the centre, B a basis of the plane and
    q = |v|^2 / 4, the vector is ((1 - q) m + B v) / (1 + q). That covers the whole sphere but the one point -m, so
    that a uniform prior stays what it was. ``label`` begins the names of the data that this adds to the model.
    """
    basis = tangent_basis(centre.T).T
    q = (v**2).sum(axis=0) / 4
    first, second = (data(f"{label}_tangent_{i + 1}", basis[i]) for i in range(2))
    sideways = v[0] * first + v[1] * second
    return ((1 - q) * data(f"{label}_centre", centre) + sideways) / (1 + q)


def tangent_logp(v, origin):
    """Log density (...,) that the uniform distribution on the sphere gives to ``v`` (..., 2): (1 + q)^-2 / (4 pi)."""
    return -2 * pt.log1p(((v - origin) ** 2).sum(axis=-1) / 4) - np.log(4 * np.pi)


def tangent_random(origin, rng=None, size=None):
    """Draws of ``tangent_logp``, which is a bivariate t distribution: two degrees of freedom, scale sqrt(2)."""
    shape = (*(size or ()), 2)
    return origin + 2 * rng.standard_normal(shape) / np.sqrt(rng.chisquare(2, size=(*shape[:-1], 1)))
