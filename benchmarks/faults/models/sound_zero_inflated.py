"""Counts with many zeros: zero-inflated Poisson with a predictor for the rate."""

import numpy as np
import pymc as pm

ANSWER = None

rng = np.random.default_rng(210)
N = 250
depth = rng.normal(0, 1, N)
shells = rng.binomial(1, 0.6, N) * rng.poisson(np.exp(1.2 + 0.4 * depth))


def build() -> pm.Model:
    with pm.Model() as model:
        present = pm.Beta("present", 2, 2)
        base = pm.Normal("base", 1, 1)
        per_depth = pm.Normal("per_depth", 0, 1)
        rate = pm.Deterministic("rate", pm.math.exp(base + per_depth * depth))
        pm.ZeroInflatedPoisson("shells", present, rate, observed=shells)
    return model
