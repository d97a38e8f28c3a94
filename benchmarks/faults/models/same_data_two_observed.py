"""The same survey enters through two observed variables, once under another name."""

from typing import Literal

import numpy as np
import pymc as pm

ANSWER = {"names": ["count_again", "count"], "cause_class": "c"}

rng = np.random.default_rng(52)
N = 120
canopy = rng.normal(0, 1, N)
birds = rng.poisson(np.exp(1.2 + 0.4 * canopy))


def build(*, written: Literal["faulty", "repaired"] = "faulty") -> pm.Model:
    with pm.Model(coords={"site": np.arange(N)}) as model:
        base = pm.Normal("base", 0, 2)
        coef_canopy = pm.Normal("coef_canopy", 0, 1)
        density = pm.Deterministic("density", pm.math.exp(base + coef_canopy * canopy), dims="site")
        pm.Poisson("count", density, observed=birds, dims="site")
        if written == "faulty":
            pm.Poisson("count_again", density, observed=birds, dims="site")
    return model
