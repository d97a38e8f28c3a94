"""Sparse pollen counts on a transect: a latent Gaussian process in its own units, whose amplitude is free."""

from typing import Literal

import numpy as np
import pymc as pm

ANSWER = {"names": ["amplitude", "surface"], "cause_class": "a"}

rng = np.random.default_rng(4201)
SITES = 16
km = np.sort(rng.uniform(0, 50, SITES))[:, None]
grains = rng.poisson(2.0, SITES)
ph = 6.2 - 0.02 * km[:, 0] + rng.normal(0, 0.3, SITES)


def build(*, written: Literal["faulty", "repaired"] = "faulty") -> pm.Model:
    with pm.Model(coords={"site": np.arange(SITES)}) as model:
        level = pm.Normal("level", 0.5, 1)
        amplitude = pm.HalfNormal("amplitude", 0.5)
        process = pm.gp.Latent(cov_func=amplitude**2 * pm.gp.cov.Matern32(1, ls=4.0))
        surface = process.prior("surface", km, reparameterize=written == "repaired", dims="site")
        density = pm.Deterministic("density", pm.math.exp(level + surface), dims="site")
        pm.Poisson("pollen", density, observed=grains, dims="site")

        acidity = pm.Normal("acidity", 6, 1)
        per_km = pm.Normal("per_km", 0, 0.1)
        soil_sd = pm.HalfNormal("soil_sd", 0.5)
        pm.Normal("soil", acidity + per_km * km[:, 0], soil_sd, observed=ph, dims="site")
    return model
