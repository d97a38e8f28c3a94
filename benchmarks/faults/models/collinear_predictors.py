"""Two predictors that are the same measurement in two units, up to rounding, under wide priors."""

from typing import Literal

import numpy as np
import pymc as pm

ANSWER = {"names": ["per_inch", "per_cm"], "cause_class": "a"}

rng = np.random.default_rng(34)
N = 150
length = rng.normal(0, 1, N)
again = length + rng.normal(0, 2e-5, N)
load = 3.0 + 2.0 * length + rng.normal(0, 0.5, N)


def build(*, written: Literal["faulty", "repaired"] = "faulty") -> pm.Model:
    with pm.Model() as model:
        start = pm.Normal("start", 0, 10)
        per_inch = pm.Normal("per_inch", 0, 2000)
        expected = start + per_inch * length
        if written == "faulty":
            per_cm = pm.Normal("per_cm", 0, 2000)
            expected = expected + per_cm * again
        noise = pm.HalfNormal("noise", 2)
        pm.Normal("load", expected, noise, observed=load)
    return model
