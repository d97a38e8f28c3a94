"""A hierarchy with 80 observations per group, written centered as it should be."""

import numpy as np
import pymc as pm

ANSWER = None

rng = np.random.default_rng(203)
MACHINES, N_EACH = 12, 80
machine = np.repeat(np.arange(MACHINES), N_EACH)
diameter = rng.normal(rng.normal(20, 1.5, MACHINES)[machine], 0.8)


def build() -> pm.Model:
    with pm.Model(coords={"machine": np.arange(MACHINES)}) as model:
        mean = pm.Normal("mean", 20, 5)
        between = pm.HalfNormal("between", 3)
        setting = pm.Normal("setting", mean, between, dims="machine")
        within = pm.HalfNormal("within", 2)
        pm.Normal("diameter", setting[machine], within, observed=diameter)
    return model
