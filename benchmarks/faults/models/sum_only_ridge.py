"""The data see baseline + offset only, under wide priors: a ridge thousands of times longer than wide."""

from typing import Literal

import numpy as np
import pymc as pm

ANSWER = {"names": ["baseline", "offset"], "cause_class": "a"}

rng = np.random.default_rng(5)
y = rng.normal(7.0, 1.0, 120)


def build(*, written: Literal["faulty", "repaired"] = "faulty") -> pm.Model:
    with pm.Model() as model:
        baseline = pm.Normal("baseline", 0, 1000)
        # Mended, the offset comes from a calibration: it is known to 0.1.
        offset = pm.Normal("offset", 0, 1000 if written == "faulty" else 0.1)
        sigma = pm.HalfNormal("sigma", 5)
        pm.Normal("y", baseline + offset, sigma, observed=y)
    return model
