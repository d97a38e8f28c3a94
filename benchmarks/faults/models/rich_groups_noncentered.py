"""200 observations per group, non-centered: the data pin tau * z, so z and tau trade off along a thin curved ridge."""

from typing import Literal

import numpy as np
import pymc as pm

ANSWER = {"names": ["z", "tau", "mu"], "cause_class": "a"}

rng = np.random.default_rng(11)
N_GROUPS, N_EACH = 15, 200
group = np.repeat(np.arange(N_GROUPS), N_EACH)
y = rng.normal(rng.normal(4.0, 2.0, N_GROUPS)[group], 0.5)


def build(*, written: Literal["faulty", "repaired"] = "faulty") -> pm.Model:
    with pm.Model(coords={"batch": np.arange(N_GROUPS)}) as model:
        mu = pm.Normal("mu", 0, 10)
        tau = pm.HalfNormal("tau", 5)
        if written == "faulty":
            z = pm.Normal("z", 0, 1, dims="batch")
            level = pm.Deterministic("level", mu + tau * z, dims="batch")
        else:
            level = pm.Normal("level", mu, tau, dims="batch")
        noise = pm.HalfNormal("noise", 1)
        pm.Normal("potency", level[group], noise, observed=y)
    return model
