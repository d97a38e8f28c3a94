"""NaN in the observed weights: PyMC draws what is missing from the likelihood, as its documentation says."""

import numpy as np
import pymc as pm

ANSWER = None

rng = np.random.default_rng(9)
height = rng.normal(0, 1, 90)
measured = 70 + 6 * height + rng.normal(0, 3, 90)
measured[[12, 13, 14, 40, 71]] = np.nan


def build() -> pm.Model:
    with pm.Model() as model:
        intercept = pm.Normal("intercept", 70, 20)
        slope = pm.Normal("slope", 0, 10)
        sigma = pm.HalfNormal("sigma", 5)
        pm.Normal("weight", intercept + slope * height, sigma, observed=measured)
    return model
