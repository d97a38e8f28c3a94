"""A latent AR(1) with free persistence, written with unit innovations."""

import numpy as np
import pymc as pm
import pytensor.tensor as pt

ANSWER = None

rng = np.random.default_rng(209)
T = 40
load = np.zeros(T)
for t in range(1, T):
    load[t] = 0.7 * load[t - 1] + rng.normal(0, 0.5)
reading = 3.0 + load + rng.normal(0, 1.0, T)
lag = np.clip(np.arange(T)[:, None] - np.arange(T), 0, None)
past = np.tri(T)


def build() -> pm.Model:
    with pm.Model(coords={"week": np.arange(T)}) as model:
        persistence = pm.Beta("persistence", 12, 6)
        innovation = pm.LogNormal("innovation", -0.7, 0.2)
        shock = pm.Normal("shock", 0, 1, dims="week")
        state = pm.Deterministic(
            "state", innovation * pt.dot(past * pt.exp(lag * pt.log(persistence)), shock), dims="week"
        )
        level = pm.Normal("level", 3, 1)
        pm.Normal("reading", level + state, 1.0, observed=reading, dims="week")
    return model
