"""Data of size 1e5 under a N(0, 1) prior: somebody forgot to standardise."""

from typing import Literal

import numpy as np
import pymc as pm

ANSWER = {"names": ["mean_price"], "cause_class": "b"}

rng = np.random.default_rng(4)
price = rng.normal(2.4e5, 3.0e4, 200)


def build(*, written: Literal["faulty", "repaired"] = "faulty") -> pm.Model:
    with pm.Model() as model:
        if written == "faulty":
            mean_price = pm.Normal("mean_price", 0, 1)
        else:
            mean_price = pm.Normal("mean_price", 2e5, 1e5)
        spread = pm.HalfNormal("spread", 1e5)
        pm.Normal("price", mean_price, spread, observed=price)
    return model
