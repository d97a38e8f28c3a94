"""Effects held together by a soft constraint on their mean, a potential."""

import numpy as np
import pymc as pm

ANSWER = None

rng = np.random.default_rng(215)
JUDGES, N = 8, 200
judge = rng.integers(0, JUDGES, N)
strict = rng.normal(0, 1, JUDGES)
score = 6.0 + (strict - strict.mean())[judge] + rng.normal(0, 1, N)


def build() -> pm.Model:
    with pm.Model(coords={"judge": np.arange(JUDGES)}) as model:
        mean = pm.Normal("mean", 5, 3)
        effect = pm.Normal("effect", 0, 2, dims="judge")
        pm.Potential("centred", pm.logp(pm.Normal.dist(0, 0.02), effect.mean()))
        sigma = pm.HalfNormal("sigma", 2)
        pm.Normal("score", mean + effect[judge], sigma, observed=score)
    return model
