"""Four predictors that correlate by 0.9: uncomfortable, not unidentified."""

import numpy as np
import pymc as pm

ANSWER = None

rng = np.random.default_rng(208)
N = 200
sensors = rng.normal(0, np.sqrt(0.1), (N, 4)) + rng.normal(0, np.sqrt(0.9), (N, 1))
output = sensors @ np.array([1.0, 0.5, -0.5, 0.2]) + rng.normal(0, 1, N)


def build() -> pm.Model:
    with pm.Model(coords={"sensor": list("ABCD")}) as model:
        design = pm.Data("design", sensors, dims=(None, "sensor"))
        weight = pm.Normal("weight", 0, 2, dims="sensor")
        offset = pm.Normal("offset", 0, 2)
        noise = pm.HalfNormal("noise", 2)
        pm.Normal("output", offset + pm.math.dot(design, weight), noise, observed=output)
    return model
