"""Overdispersed counts with an exposure."""

import numpy as np
import pymc as pm

ANSWER = None

rng = np.random.default_rng(211)
N = 180
hours, night = rng.uniform(1, 12, N), rng.integers(0, 2, N)
mean = hours * np.exp(0.3 + 0.5 * night)
calls = rng.negative_binomial(3, 3 / (3 + mean))


def build() -> pm.Model:
    with pm.Model() as model:
        base = pm.Normal("base", 0, 1)
        per_night = pm.Normal("per_night", 0, 1)
        dispersion = pm.Exponential("dispersion", 0.3)
        expected = hours * pm.math.exp(base + per_night * night)
        pm.NegativeBinomial("calls", mu=expected, alpha=dispersion, observed=calls)
    return model
