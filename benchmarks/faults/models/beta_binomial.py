"""A beta-binomial likelihood written by hand: its normaliser stands outside the sum, once instead of once per herd.

The milk yields beside it are sound.
"""

from typing import Literal

import numpy as np
import pymc as pm
import pytensor.tensor as pt

ANSWER = {"names": ["herds"], "cause_class": "c"}

rng = np.random.default_rng(1111)
HERDS = 45
size = rng.integers(15, 40, HERDS)
infected = rng.binomial(size, rng.beta(0.3 * 12, 0.7 * 12, HERDS))
lactation = rng.integers(0, 4, 120)
milk = np.array([22.0, 26.0, 28.0, 27.0])[lactation] + rng.normal(0, 3.0, 120)


def log_beta(x, y):
    return pt.gammaln(x) + pt.gammaln(y) - pt.gammaln(x + y)


def build(*, written: Literal["faulty", "repaired"] = "faulty") -> pm.Model:
    with pm.Model(coords={"lactation": ["1", "2", "3", "4+"]}) as model:
        prevalence = pm.Beta("prevalence", 2, 4)
        similarity = pm.LogNormal("similarity", 2.5, 0.8)
        a, b = prevalence * similarity, (1 - prevalence) * similarity
        counted = log_beta(a + infected, b + size - infected)
        times = 1 if written == "faulty" else HERDS
        pm.Potential("herds", counted.sum() - times * log_beta(a, b))

        average = pm.Normal("average", 25, 5)
        stage = pm.ZeroSumNormal("stage", 4, dims="lactation")
        cow = pm.HalfNormal("cow", 5)
        pm.Normal("milk", average + stage[lactation], cow, observed=milk)
    return model
