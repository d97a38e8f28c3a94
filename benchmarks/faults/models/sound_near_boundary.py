"""A rare event, three cases in 400: a posterior skewed against zero."""

import numpy as np
import pymc as pm

ANSWER = None

rng = np.random.default_rng(218)
strength = rng.gamma(8, 0.5, 80)


def build() -> pm.Model:
    with pm.Model() as model:
        defect = pm.Beta("defect", 1, 20)
        pm.Binomial("defects", 400, defect, observed=3)
        excess = pm.Exponential("excess", 1)
        pm.Normal("gauge", excess, 0.5, observed=0.1)
        shape = pm.Gamma("shape", 2, 0.2)
        pm.Gamma("strength", alpha=shape, beta=shape / 4, observed=strength)
    return model
