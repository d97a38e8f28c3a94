"""A sound regression whose run is broken off from outside."""

from typing import Literal

import numpy as np
import pymc as pm

ANSWER = {"names": [], "cause_class": "h"}
INTERRUPT = True

rng = np.random.default_rng(83)
N = 400
rooms, area = rng.normal(0, 1, N), rng.normal(0, 1, N)
price = 3.0 + 0.4 * rooms + 0.9 * area + rng.standard_t(5, N) * 0.3


def build(*, written: Literal["faulty", "repaired"] = "faulty") -> pm.Model:
    with pm.Model() as model:
        base = pm.Normal("base", 0, 5)
        coef = pm.Normal("coef", 0, 2, shape=2)
        scale = pm.HalfNormal("scale", 1)
        dof = pm.Gamma("dof", 4, 0.5)
        expected = base + coef[0] * rooms + coef[1] * area
        pm.StudentT("price", dof, expected, sigma=scale, observed=price)
    return model
