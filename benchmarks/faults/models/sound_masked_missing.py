"""A table with holes: the missing entries are replaced before the density and weighted by zero."""

import numpy as np
import pymc as pm

ANSWER = None

rng = np.random.default_rng(222)
STATIONS, DAYS = 10, 30
rain = rng.gamma(3.0, rng.uniform(1, 3, STATIONS)[:, None], (STATIONS, DAYS))
rain[rng.random(rain.shape) < 0.2] = np.nan
seen = np.isfinite(rain)
filled = np.where(seen, rain, 1.0)


def build() -> pm.Model:
    with pm.Model(coords={"station": np.arange(STATIONS)}) as model:
        log_mean = pm.Normal("log_mean", 1.5, 1, dims="station")
        shape = pm.Gamma("shape", 4, 1)
        density = pm.Gamma.dist(alpha=shape, beta=shape / pm.math.exp(log_mean)[:, None])
        pm.Potential("rain", (pm.logp(density, filled) * seen).sum())
    return model
