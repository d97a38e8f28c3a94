"""Survival times, some censored: their log-survival stands in a potential."""

import numpy as np
import pymc as pm

ANSWER = None

rng = np.random.default_rng(213)
N = 160
treated = rng.integers(0, 2, N)
months = rng.weibull(1.4, N) * np.exp(2.5 + 0.5 * treated)
ended = months < 18
months = np.minimum(months, 18)


def build() -> pm.Model:
    with pm.Model() as model:
        base = pm.Normal("base", 2, 1)
        per_treatment = pm.Normal("per_treatment", 0, 1)
        shape = pm.LogNormal("shape", 0.3, 0.4)
        scale = pm.math.exp(base + per_treatment * treated)
        pm.Weibull("death", shape, scale[ended], observed=months[ended])
        pm.Potential("alive", -((months[~ended] / scale[~ended]) ** shape).sum())
    return model
