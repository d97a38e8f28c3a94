"""The mean is rounded down: its gradient is zero and the sampler walks blind."""

from typing import Literal

import numpy as np
import pymc as pm
import pytensor.tensor as pt

ANSWER = {"names": ["sold"], "cause_class": "c"}

rng = np.random.default_rng(15)
visitors = rng.uniform(20, 90, 80)
sales = 0.4 * visitors + 3 + rng.normal(0, 2, 80)


def build(*, written: Literal["faulty", "repaired"] = "faulty") -> pm.Model:
    with pm.Model() as model:
        base = pm.Normal("base", 0, 5)
        per_visitor = pm.Normal("per_visitor", 0, 1)
        sigma = pm.HalfNormal("sigma", 5)
        expected = base + per_visitor * visitors
        if written == "faulty":
            expected = pt.floor(expected)
        pm.Normal("sold", pm.Deterministic("expected", expected), sigma, observed=sales)
    return model
