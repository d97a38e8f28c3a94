"""Germination by moisture and heat, flat priors: a line parts the trays that sprouted from the others, so no slope is too steep."""

from typing import Literal

import numpy as np
import pymc as pm

ANSWER = {"names": ["intercept", "slopes"], "cause_class": "b"}

rng = np.random.default_rng(314)
TRAYS = 50
conditions = rng.normal(0, 1, (TRAYS, 2))
sprouted = (conditions @ [1.4, -0.6] > 0.3).astype(int)


def build(*, written: Literal["faulty", "repaired"] = "faulty") -> pm.Model:
    with pm.Model() as model:
        if written == "faulty":
            intercept, slopes = pm.Flat("intercept"), pm.Flat("slopes", shape=2)
        else:
            intercept, slopes = pm.Normal("intercept", 0, 2.5), pm.Normal("slopes", 0, 2.5, shape=2)
        pm.Bernoulli("sprouted", logit_p=intercept + pm.math.dot(conditions, slopes), observed=sprouted)
    return model
