"""A regression with outliers: Student-t noise with three degrees of freedom."""

import numpy as np
import pymc as pm

ANSWER = None

rng = np.random.default_rng(201)
N = 150
size = rng.normal(0, 1, N)
price = 1.0 + 2.0 * size + 0.5 * rng.standard_t(3, N)


def build() -> pm.Model:
    with pm.Model() as model:
        base = pm.Normal("base", 0, 5)
        per_size = pm.Normal("per_size", 0, 5)
        scale = pm.HalfNormal("scale", 2)
        pm.StudentT("price", 3, base + per_size * size, sigma=scale, observed=price)
    return model
