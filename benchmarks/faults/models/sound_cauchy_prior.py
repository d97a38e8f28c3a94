"""Cauchy priors on the coefficients, with data that leave no room to their tails."""

import numpy as np
import pymc as pm

ANSWER = None

rng = np.random.default_rng(219)
N = 300
exam = rng.normal(0, 1, (N, 3))
admitted = rng.binomial(1, 1 / (1 + np.exp(-exam @ np.array([1.5, -0.7, 0.0]))))


def build() -> pm.Model:
    with pm.Model(coords={"subject": ["maths", "music", "sports"]}) as model:
        coef = pm.Cauchy("coef", 0, 2.5, dims="subject")
        start = pm.Cauchy("start", 0, 10)
        logit = pm.Deterministic("logit", start + pm.math.dot(exam, coef))
        pm.Bernoulli("admitted", logit_p=logit, observed=admitted)
    return model
