"""Period-luminosity relation of Cepheids in three fields; three stars not found in K carry the catalogue's 99.0.

The photometry package writes magnitude 99.0 for a non-detection, and these went into the likelihood as if measured:
scatter and slope are lost. Repaired: the three stars are left out. Colours and field offsets are sound.
"""

from typing import Literal

import numpy as np
import pymc as pm

ANSWER = {"names": ["Kmag"], "cause_class": "b"}

rng = np.random.default_rng(30305)
N = 84
field = rng.integers(0, 3, N)
logP = rng.uniform(0.5, 1.8, N)
K = 13.1 - 3.25 * (logP - 1) + np.array([-0.06, 0.02, 0.04])[field] + rng.normal(0, 0.12, N)
K = np.round(K, 3)
K[[17, 40, 66]] = 99.0
JK = 0.42 + 0.11 * (logP - 1) + rng.normal(0, 0.05, N)


def build(*, written: Literal["faulty", "repaired"] = "faulty") -> pm.Model:
    seen = np.arange(N) if written == "faulty" else np.flatnonzero(K < 90)
    with pm.Model(coords={"field": ["N", "centre", "S"], "star": np.arange(N), "det": seen}) as model:
        lp = pm.Data("lp", logP - 1, dims="star")
        zp = pm.Normal("zp", 13, 1)
        slope = pm.Normal("slope", -3, 0.5)
        dfield = pm.ZeroSumNormal("dfield", 0.1, dims="field")
        scatter = pm.HalfNormal("scatter", 0.5)
        mu = zp + slope * lp + dfield[field]
        pm.Normal("Kmag", mu[seen], scatter, observed=K[seen], dims="det")
        pm.Deterministic("K_30d", zp + slope * (np.log10(30) - 1))

        c0 = pm.Normal("c0", 0.4, 0.2)
        c1 = pm.Normal("c1", 0, 0.3)
        sc = pm.HalfNormal("sc", 0.2)
        pm.Normal("JK", c0 + c1 * lp, sc, observed=JK, dims="star")
    return model
