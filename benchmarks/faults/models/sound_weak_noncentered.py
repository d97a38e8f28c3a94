"""A hierarchy with weak data, written non-centered as it should be."""

import numpy as np
import pymc as pm

ANSWER = None

rng = np.random.default_rng(202)
TRIALS = 15
error = rng.uniform(0.8, 1.5, TRIALS)
effect = rng.normal(rng.normal(0.5, 0.4, TRIALS), error)


def build() -> pm.Model:
    with pm.Model(coords={"trial": np.arange(TRIALS)}) as model:
        mean = pm.Normal("mean", 0, 1)
        spread = pm.HalfNormal("spread", 0.5)
        unit = pm.Normal("unit", 0, 1, dims="trial")
        true_effect = pm.Deterministic("true_effect", mean + spread * unit, dims="trial")
        pm.Normal("effect", true_effect, error, observed=effect, dims="trial")
    return model
