"""A Flat coefficient that was left out of the mean: nothing uses it."""

from typing import Literal

import numpy as np
import pymc as pm

ANSWER = {"names": ["coef_smoker"], "cause_class": "b"}

rng = np.random.default_rng(10)
N = 250
age, smoker = rng.normal(0, 1, N), rng.integers(0, 2, N)
pressure = 120 + 5 * age + 4 * smoker + rng.normal(0, 8, N)


def build(*, written: Literal["faulty", "repaired"] = "faulty") -> pm.Model:
    with pm.Model() as model:
        base = pm.Normal("base", 120, 30)
        coef_age = pm.Normal("coef_age", 0, 10)
        coef_smoker = pm.Flat("coef_smoker")
        expected = base + coef_age * age
        if written == "repaired":
            expected = expected + coef_smoker * smoker
        sigma = pm.HalfNormal("sigma", 10)
        pm.Normal("pressure", expected, sigma, observed=pressure)
    return model
