"""A missing count was coded as -1 and went into a Poisson likelihood; a sound model of the lengths stands beside."""

from typing import Literal

import numpy as np
import pymc as pm

ANSWER = {"names": ["fish"], "cause_class": "b"}

rng = np.random.default_rng(94)
N = 90
lake = rng.integers(0, 6, N)
caught = rng.poisson(np.exp(rng.normal(1.5, 0.4, 6))[lake])
caught[[17, 52]] = -1
length = rng.normal(22, 4, 150)


def build(*, written: Literal["faulty", "repaired"] = "faulty") -> pm.Model:
    used = np.full(N, True) if written == "faulty" else caught >= 0
    with pm.Model(coords={"lake": np.arange(6)}) as model:
        log_rate = pm.Normal("log_rate", 1, 1, dims="lake")
        pm.Poisson("fish", pm.math.exp(log_rate)[lake[used]], observed=caught[used])

        mean_length = pm.Normal("mean_length", 20, 10)
        pm.Normal("length", mean_length, pm.HalfNormal("sd_length", 10), observed=length)
    return model
