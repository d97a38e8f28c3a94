"""where(x > 0, sqrt(x), 0) with negative x: the branch not taken still sends NaN back through the gradient."""

from typing import Literal

import numpy as np
import pymc as pm
import pytensor.tensor as pt

ANSWER = {"names": ["flow"], "cause_class": "c"}

rng = np.random.default_rng(56)
N = 120
level = rng.uniform(0, 4, N)
flow = 2.0 * np.sqrt(np.clip(level - 1.0, 0, None)) + rng.normal(0, 0.3, N)


def build(*, written: Literal["faulty", "repaired"] = "faulty") -> pm.Model:
    with pm.Model() as model:
        # Every level lies clearly above or below the sill.
        clear = np.abs(level - 1.0) > 0.15
        sill = pm.Normal("sill", 1.0, 0.02)
        coef = pm.HalfNormal("coef", 5)
        head = level[clear] - sill
        if written == "faulty":
            root = pt.where(head > 0, pt.sqrt(head), 0.0)
        else:
            root = pt.where(head > 0, pt.sqrt(pt.where(head > 0, head, 1.0)), 0.0)
        pm.Normal("flow", coef * root, pm.HalfNormal("noise", 1), observed=flow[clear])
    return model
