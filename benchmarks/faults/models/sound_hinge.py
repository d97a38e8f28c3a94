"""A slope that begins at an unknown knot: the density has a kink wherever the knot passes a datum."""

import numpy as np
import pymc as pm

ANSWER = None

rng = np.random.default_rng(276)
dose = rng.uniform(0, 3, 80)
response = 1 + 0.8 * np.maximum(dose - 1.2, 0) + rng.normal(0, 0.3, 80)


def build() -> pm.Model:
    with pm.Model() as model:
        knot = pm.Normal("knot", 1.5, 0.7)
        base = pm.Normal("base", 0, 2)
        slope = pm.Normal("slope", 0, 1)
        noise = pm.HalfNormal("noise", 1)
        pm.Normal("response", base + slope * pm.math.maximum(dose - knot, 0), noise, observed=response)
    return model
