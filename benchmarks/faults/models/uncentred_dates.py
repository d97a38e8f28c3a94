"""A trend over Julian dates: intercept and slope are all but the same direction, 2.4 million days from the data."""

from typing import Literal

import numpy as np
import pymc as pm

ANSWER = {"names": ["at_zero", "per_day"], "cause_class": "a"}

rng = np.random.default_rng(41)
date = 2_459_000.5 + np.sort(rng.uniform(0, 400, 80))
velocity = 12.0 + 0.01 * (date - date.mean()) + rng.normal(0, 1.0, 80)


def build(*, written: Literal["faulty", "repaired"] = "faulty") -> pm.Model:
    origin = 0.0 if written == "faulty" else date.mean()
    with pm.Model() as model:
        since = pm.Data("since", date - origin)
        at_zero = pm.Normal("at_zero", 0, 1e5)
        per_day = pm.Normal("per_day", 0, 1)
        noise = pm.HalfNormal("noise", 3)
        pm.Normal("velocity", at_zero + per_day * since, noise, observed=velocity)
    return model
