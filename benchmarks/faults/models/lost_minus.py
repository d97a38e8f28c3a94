"""A penalty as a potential whose minus sign was lost: the density grows without bound."""

from typing import Literal

import numpy as np
import pymc as pm

ANSWER = {"names": ["penalty"], "cause_class": "c"}

rng = np.random.default_rng(60)
N = 100
features = rng.normal(0, 1, (N, 3))
bought = rng.binomial(1, 1 / (1 + np.exp(-features @ np.array([1.0, -0.5, 0.3]))))


def build(*, written: Literal["faulty", "repaired"] = "faulty") -> pm.Model:
    sign = 1.0 if written == "faulty" else -1.0
    with pm.Model(coords={"feature": ["price", "rating", "delay"]}) as model:
        beta = pm.Flat("beta", dims="feature")
        pm.Potential("penalty", sign * 0.5 * (beta**2).sum() / 0.3**2)
        pm.Bernoulli("bought", logit_p=pm.math.dot(features, beta), observed=bought)
    return model
