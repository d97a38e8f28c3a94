"""Sea lice on trout from seven fjords, a hurdle Poisson written as a CustomDist.

Above the hurdle the plain Poisson stands instead of the zero-truncated one: its normaliser -log(1 - exp(-mu)) is
missing, so the probabilities of the counts do not sum to one and mu is biased upwards. Repaired: with it.
The fjord effects (non-centered) and the condition of the fish are sound.
"""

from typing import Literal

import numpy as np
import pymc as pm
import pytensor.tensor as pt

ANSWER = {"names": ["lice"], "cause_class": "c"}

rng = np.random.default_rng(30306)
FJORDS, EACH = 7, 24
fjord = np.repeat(np.arange(FJORDS), EACH)
length = rng.normal(32, 5, FJORDS * EACH)
len_z = (length - 32) / 5


def draw(p, mu, rng=None, size=None):
    p, mu = (
        np.broadcast_arrays(p, mu) if size is None else (np.broadcast_to(p, size), np.broadcast_to(mu, size))
    )
    u = rng.uniform(np.exp(-mu), 1)  # inverse of the zero-truncated Poisson by its first arrival
    first = -np.log(u)
    return np.where(rng.uniform(size=p.shape) < p, 1 + rng.poisson(np.maximum(mu - first, 0)), 0).astype(
        "int64"
    )


_p = 1 / (1 + np.exp(-(0.4 + rng.normal(0, 0.6, FJORDS))))[fjord]
lice = draw(_p, np.exp(0.1 + 0.35 * len_z), rng=rng)
condition = 1.05 - 0.02 * lice + rng.normal(0, 0.08, lice.size)


def build(*, written: Literal["faulty", "repaired"] = "faulty") -> pm.Model:
    def hurdle(value, p, mu):
        above = pt.log(p) + value * pt.log(mu) - mu - pt.gammaln(value + 1)
        if written == "repaired":
            above = above - pt.log(-pt.expm1(-mu))
        return pt.switch(pt.eq(value, 0), pt.log1p(-p), above)

    with pm.Model(coords={"fjord": [f"F{i}" for i in range(FJORDS)], "fish": np.arange(lice.size)}) as model:
        m0 = pm.Normal("m0", 0, 1)
        s0 = pm.HalfNormal("s0", 0.7)
        z0 = pm.Normal("z0", 0, 1, dims="fjord")
        infested = pm.Deterministic("infested", pm.math.sigmoid(m0 + s0 * z0), dims="fjord")
        g0 = pm.Normal("g0", 0, 1)
        g1 = pm.Normal("g1", 0, 0.5)
        mu = pt.exp(g0 + g1 * len_z)
        pm.CustomDist(
            "lice", infested[fjord], mu, logp=hurdle, random=draw, dtype="int64", observed=lice, dims="fish"
        )

        k0 = pm.Normal("k0", 1, 0.2)
        k1 = pm.Normal("k1", 0, 0.1)
        ks = pm.HalfNormal("ks", 0.2)
        pm.Normal("condition", k0 + k1 * lice, ks, observed=condition, dims="fish")
    return model
