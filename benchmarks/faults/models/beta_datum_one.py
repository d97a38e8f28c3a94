"""A Beta likelihood for cover shares meets a plot that is covered entirely."""

from typing import Literal

import numpy as np
import pymc as pm

ANSWER = {"names": ["cover"], "cause_class": "b"}

rng = np.random.default_rng(93)
N = 100
moisture = rng.normal(0, 1, N)
typical = 1 / (1 + np.exp(-moisture))
share = rng.beta(12 * typical, 12 * (1 - typical)).clip(0.005, 0.995)


def build(*, written: Literal["faulty", "repaired"] = "faulty") -> pm.Model:
    cover = share.copy()
    cover[64] = 1.0 if written == "faulty" else 0.995
    with pm.Model(coords={"plot": np.arange(N)}) as model:
        start = pm.Normal("start", 0, 1.5)
        per_moisture = pm.Normal("per_moisture", 0, 1.5)
        mean = pm.Deterministic("mean", pm.math.invlogit(start + per_moisture * moisture), dims="plot")
        size = pm.Gamma("size", 4, 0.3)
        pm.Beta("cover", mean * size, (1 - mean) * size, observed=cover, dims="plot")
    return model
