"""A potential summed from one term per customer in a Python loop; the twin writes the same sum over an array."""

from typing import Literal

import numpy as np
import pymc as pm

ANSWER = {"names": ["churn"], "cause_class": "d"}

rng = np.random.default_rng(82)
N = 250
segment = rng.integers(0, 6, N)
months = rng.weibull(1.5, N) * np.array([10, 14, 8, 20, 12, 16])[segment]


def build(*, written: Literal["faulty", "repaired"] = "faulty") -> pm.Model:
    with pm.Model(coords={"segment": list("abcdef")}) as model:
        scale = pm.LogNormal("scale", 2.5, 0.5, dims="segment")
        shape = pm.LogNormal("shape", 0, 0.5)
        if written == "faulty":
            total = 0.0
            for customer in range(N):
                life = pm.Weibull.dist(shape, scale[segment[customer]])
                total = total + pm.logp(life, months[customer])
        else:
            total = pm.logp(pm.Weibull.dist(shape, scale[segment]), months).sum()
        pm.Potential("churn", total)
    return model
