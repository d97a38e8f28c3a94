"""Length of stay (days) after hip surgery in 16 hospitals with 70 patients each: gamma regression with hospital
effects written around their mean, and age and frailty effects."""

import numpy as np
import pymc as pm

ANSWER = None

rng = np.random.default_rng(112)
H, PER = 16, 70
hospital = np.repeat(np.arange(H), PER)
age = rng.normal(0, 1, H * PER)
frail = rng.binomial(1, 0.3, H * PER)
mean_log = rng.normal(1.9, 0.3, H)[hospital] + 0.1 * age + 0.35 * frail
stay = rng.gamma(3.0, np.exp(mean_log) / 3.0)


def build() -> pm.Model:
    with pm.Model(coords={"hospital": np.arange(H)}) as model:
        mu_h = pm.Normal("mu_h", 2, 1)
        tau_h = pm.HalfCauchy("tau_h", 0.5)
        level = pm.LogNormal("level", mu=mu_h, sigma=tau_h, dims="hospital")
        b = pm.Normal("b", 0, 0.5, shape=2)
        mu = level[hospital] * pm.math.exp(b[0] * age + b[1] * frail)
        shape = pm.Exponential("shape", 0.3)
        pm.Gamma("stay", alpha=shape, beta=shape / mu, observed=stay)
    return model
