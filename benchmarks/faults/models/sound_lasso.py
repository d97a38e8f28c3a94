"""Laplace priors on the coefficients: the start, at their mean, lies on a kink of the density."""

import numpy as np
import pymc as pm

ANSWER = None

rng = np.random.default_rng(275)
soil = rng.normal(size=(80, 4))
yields = 0.4 + soil @ np.array([1.0, 0.0, 0.0, -0.5]) + rng.normal(0, 0.5, 80)


def build() -> pm.Model:
    with pm.Model() as model:
        base = pm.Normal("base", 0, 2)
        effect = pm.Laplace("effect", 0, 0.5, shape=4)
        noise = pm.HalfNormal("noise", 1)
        pm.Normal("yields", base + soil @ effect, noise, observed=yields)
    return model
