"""An intercept and a free effect for every group, all with nearly flat priors: only their sums are identified."""

from typing import Literal

import numpy as np
import pymc as pm

ANSWER = {"names": ["intercept", "region_effect"], "cause_class": "a"}

rng = np.random.default_rng(33)
REGIONS = ["north", "east", "south", "west", "centre"]
region = rng.integers(0, 5, 200)
rent = np.array([9.0, 11.0, 8.0, 10.0, 14.0])[region] + rng.normal(0, 1.5, 200)


def build(*, written: Literal["faulty", "repaired"] = "faulty") -> pm.Model:
    with pm.Model(coords={"region": REGIONS}) as model:
        where = pm.Data("where", region)
        intercept = pm.Normal("intercept", 0, 3000)
        prior = pm.Normal if written == "faulty" else pm.ZeroSumNormal
        region_effect = prior("region_effect", sigma=3000 if written == "faulty" else 10, dims="region")
        expected = pm.Deterministic("expected", intercept + region_effect, dims="region")
        sigma = pm.HalfNormal("sigma", 5)
        pm.Normal("rent", expected[where], sigma, observed=rent)
    return model
