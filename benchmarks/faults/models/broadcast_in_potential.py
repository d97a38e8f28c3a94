"""A column of means (N, 1) against a row of data (N,): every mean meets every datum."""

from typing import Literal

import numpy as np
import pymc as pm
import pytensor.tensor as pt

ANSWER = {"names": ["fit"], "cause_class": "c"}

rng = np.random.default_rng(58)
N = 60
power = rng.normal(0, 1, (N, 2))
speed = power @ np.array([2.0, -1.0]) + rng.normal(0, 0.5, N)


def build(*, written: Literal["faulty", "repaired"] = "faulty") -> pm.Model:
    with pm.Model(coords={"engine": ["front", "rear"]}) as model:
        push = pm.Normal("push", 0, 3, dims="engine")
        sigma = pm.HalfNormal("sigma", 3)
        mean = pt.dot(power, push[:, None])
        if written == "repaired":
            mean = mean[:, 0]
        pm.Potential("fit", pm.logp(pm.Normal.dist(mean, sigma), speed).sum())
    return model
