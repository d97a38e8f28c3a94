"""A sound hierarchy of counts whose run is broken off from outside."""

from typing import Literal

import numpy as np
import pymc as pm

ANSWER = {"names": [], "cause_class": "h"}
INTERRUPT = True

rng = np.random.default_rng(84)
N_ROADS = 40
length = rng.uniform(2, 20, N_ROADS)
crashes = rng.poisson(length * np.exp(rng.normal(-0.5, 0.5, N_ROADS)))


def build(*, written: Literal["faulty", "repaired"] = "faulty") -> pm.Model:
    with pm.Model(coords={"road": np.arange(N_ROADS)}) as model:
        average = pm.Normal("average", 0, 1)
        between = pm.HalfNormal("between", 1)
        unit = pm.Normal("unit", 0, 1, dims="road")
        rate = pm.Deterministic("rate", pm.math.exp(average + between * unit), dims="road")
        pm.Poisson("crashes", rate * length, observed=crashes, dims="road")
    return model
