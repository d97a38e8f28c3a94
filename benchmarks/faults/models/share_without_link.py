"""A linear predictor given as a probability, without a link: half of what its priors allow is none."""

from typing import Literal

import numpy as np
import pymc as pm

ANSWER = {"names": ["bought"], "cause_class": "b"}

rng = np.random.default_rng(74)
price = rng.normal(size=120)
bought = rng.binomial(1, 1 / (1 + np.exp(-0.3 + price)))


def build(*, written: Literal["faulty", "repaired"] = "faulty") -> pm.Model:
    with pm.Model() as model:
        base = pm.Normal("base", 0.5, 1)
        slope = pm.Normal("slope", 0, 1)
        share = base + slope * price
        pm.Bernoulli("bought", **{"p" if written == "faulty" else "logit_p": share}, observed=bought)
    return model
