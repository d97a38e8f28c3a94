"""NaN in the observed weights: PyMC makes them free values without being asked."""

from typing import Literal

import numpy as np
import pymc as pm

ANSWER = {"names": ["weight", "weight_unobserved"], "cause_class": "b"}

rng = np.random.default_rng(9)
height = rng.normal(0, 1, 90)
measured = 70 + 6 * height + rng.normal(0, 3, 90)
measured[[12, 13, 14, 40, 71]] = np.nan


def build(*, written: Literal["faulty", "repaired"] = "faulty") -> pm.Model:
    known = np.full(90, True) if written == "faulty" else np.isfinite(measured)
    with pm.Model() as model:
        intercept = pm.Normal("intercept", 70, 20)
        slope = pm.Normal("slope", 0, 10)
        sigma = pm.HalfNormal("sigma", 5)
        pm.Normal("weight", intercept + slope * height[known], sigma, observed=measured[known])
    return model
