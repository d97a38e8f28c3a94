"""A minibatch given to NUTS: every evaluation of the log-probability sees other rows of the data."""

from typing import Literal

import numpy as np
import pymc as pm

ANSWER = {"names": ["level"], "cause_class": "s"}

rng = np.random.default_rng(71)
rain = rng.normal(size=(2000, 2))
level = 0.3 + rain @ np.array([1.0, -0.5]) + rng.normal(0, 0.7, 2000)


def build(*, written: Literal["faulty", "repaired"] = "faulty") -> pm.Model:
    with pm.Model() as model:
        if written == "faulty":
            x, y = pm.Minibatch(rain, level, batch_size=100)
            scaled = {"total_size": len(level)}
        else:
            x, y, scaled = rain, level, {}
        base = pm.Normal("base", 0, 1)
        slope = pm.Normal("slope", 0, 1, shape=2)
        noise = pm.HalfNormal("noise", 1)
        pm.Normal("level", base + x @ slope, noise, observed=y, **scaled)
    return model
