"""dnorm(0, 0.0001) carried over from BUGS, where the second number is a precision: a mean that is nailed to 0, and effects that make the detour."""

from typing import Literal

import numpy as np
import pymc as pm

ANSWER = {"names": ["mean"], "cause_class": "b"}

rng = np.random.default_rng(73)
site = rng.integers(0, 8, 120)
pressure = 140 + rng.normal(0, 12, 8)[site] + rng.normal(0, 6, 120)


def build(*, written: Literal["faulty", "repaired"] = "faulty") -> pm.Model:
    with pm.Model() as model:
        between = pm.Uniform("between", 0, 100)
        within = pm.Uniform("within", 0, 100)
        if written == "faulty":
            mean = pm.Normal("mean", 0, 0.0001)
            effect = between * pm.Normal("step", 0, 1, shape=8)
        else:
            mean = pm.Normal("mean", 0, 100)
            effect = pm.ZeroSumNormal("effect", sigma=between, shape=8)
        pm.Normal("pressure", mean + effect[site], within, observed=pressure)
    return model
