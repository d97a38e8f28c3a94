"""A prior made by .dist() and never registered: the likelihood reads a variable that nobody samples."""

from typing import Literal

import numpy as np
import pymc as pm

ANSWER = {"names": ["wing"], "cause_class": "c"}

rng = np.random.default_rng(72)
wing = rng.normal(61.0, 2.5, 40)


def build(*, written: Literal["faulty", "repaired"] = "faulty") -> pm.Model:
    with pm.Model() as model:
        mean = pm.Normal.dist(60, 10) if written == "faulty" else pm.Normal("mean", 60, 10)
        spread = pm.HalfNormal("spread", 5)
        pm.Normal("wing", mean, spread, observed=wing)
    return model
