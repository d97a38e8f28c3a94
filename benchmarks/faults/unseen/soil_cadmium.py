"""Log cadmium in topsoil at 45 points around a smelter: kriging with an exponential covariance whose range differs
between east-west and north-south, and a nugget."""

from typing import Literal

import numpy as np
import pymc as pm
import pytensor.tensor as pt

ANSWER = {"names": ["stretch", "distance", "covariance", "cadmium"], "cause_class": "c"}

rng = np.random.default_rng(606)
N = 45
coords_km = rng.uniform(-5, 5, (N, 2))
_u = coords_km / np.array([3.0, 1.5])
_d = np.sqrt(((_u[:, None] - _u[None]) ** 2).sum(-1))
cadmium = -0.3 + np.linalg.cholesky(np.exp(-_d) + 0.05 * np.eye(N)) @ rng.normal(size=N)


def build(*, written: Literal["faulty", "repaired"] = "faulty") -> pm.Model:
    with pm.Model(coords={"axis": ["east", "north"]}) as model:
        mean = pm.Normal("mean", 0, 1)
        stretch = pm.InverseGamma("stretch", 3, 6, dims="axis")
        sill = pm.Gamma("sill", 4, 4)
        nugget = pm.Gamma("nugget", 4, 12)
        u = coords_km / stretch
        squared = ((u[:, None, :] - u[None, :, :]) ** 2).sum(axis=-1)
        if written == "repaired":
            squared = squared + 1e-10
        distance = pm.Deterministic("distance", pt.sqrt(squared))
        covariance = pm.Deterministic(
            "covariance", sill**2 * pt.exp(-distance) + (nugget**2 + 1e-6) * pt.eye(N)
        )
        pm.MvNormal("cadmium", mu=mean * pt.ones(N), cov=covariance, observed=cadmium)
    return model
