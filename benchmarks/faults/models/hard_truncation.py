"""A potential cuts the density off with switch(..., -inf) in the middle of the posterior."""

from typing import Literal

import numpy as np
import pymc as pm
import pytensor.tensor as pt

ANSWER = {"names": ["allowed"], "cause_class": "c"}

rng = np.random.default_rng(16)
strain = rng.normal(0, 1, (80, 3))
stress = strain @ np.array([0.1, -0.05, 0.9]) + rng.normal(0, 1.5, 80)


def build(*, written: Literal["faulty", "repaired"] = "faulty") -> pm.Model:
    with pm.Model(coords={"fibre": ["warp", "weft", "bias"]}) as model:
        if written == "faulty":
            stiffness = pm.Normal("stiffness", 0.5, 1, dims="fibre")
            pm.Potential("allowed", pt.switch(pt.all(stiffness > 0), 0.0, -np.inf))
        else:
            stiffness = pm.TruncatedNormal("stiffness", 0.5, 1, lower=0, dims="fibre")
        sigma = pm.HalfNormal("sigma", 2)
        pm.Normal("stress", pt.dot(strain, stiffness), sigma, observed=stress)
    return model
