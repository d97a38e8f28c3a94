"""Neal's funnel, no data: x shrinks and grows with v."""

from typing import Literal

import pymc as pm

ANSWER = {"names": ["v", "x"], "cause_class": "a"}


def build(*, written: Literal["faulty", "repaired"] = "faulty") -> pm.Model:
    with pm.Model() as model:
        v = pm.Normal("v", 0, 3)
        if written == "faulty":
            pm.Normal("x", 0, pm.math.exp(v / 2), shape=9)
        else:
            z = pm.Normal("z", 0, 1, shape=9)
            pm.Deterministic("x", z * pm.math.exp(v / 2))
    return model
