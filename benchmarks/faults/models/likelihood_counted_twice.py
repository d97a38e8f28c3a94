"""The likelihood stands in an observed variable and again in a potential."""

from typing import Literal

import numpy as np
import pymc as pm

ANSWER = {"names": ["extra", "yield"], "cause_class": "c"}

rng = np.random.default_rng(14)
plot = np.repeat(np.arange(8), 15)
crop = rng.normal(rng.normal(5, 1, 8)[plot], 0.7)


def build(*, written: Literal["faulty", "repaired"] = "faulty") -> pm.Model:
    with pm.Model(coords={"plot": np.arange(8)}) as model:
        fertility = pm.Normal("fertility", 5, 2, dims="plot")
        sigma = pm.HalfNormal("sigma", 1)
        pm.Normal("yield", fertility[plot], sigma, observed=crop)
        if written == "faulty":
            pm.Potential("extra", pm.logp(pm.Normal.dist(fertility[plot], sigma), crop).sum())
    return model
