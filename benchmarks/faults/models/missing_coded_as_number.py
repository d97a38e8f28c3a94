"""Missing temperatures coded as -999 are taken for temperatures."""

from typing import Literal

import numpy as np
import pymc as pm

ANSWER = {"names": ["temperature", "spread"], "cause_class": "b"}

rng = np.random.default_rng(95)
N = 140
height = rng.uniform(0, 2.5, N)
degrees = 15 - 6.5 * height + rng.normal(0, 1.2, N)
degrees[[4, 77, 78, 130]] = -999


def build(*, written: Literal["faulty", "repaired"] = "faulty") -> pm.Model:
    used = np.full(N, True) if written == "faulty" else degrees > -900
    with pm.Model() as model:
        sea_level = pm.Normal("sea_level", 15, 5)
        lapse = pm.Normal("lapse", -6, 2)
        spread = pm.HalfNormal("spread", 2)
        pm.Normal("temperature", sea_level + lapse * height[used], spread, observed=degrees[used])
    return model
