"""Doses stored as int8 are squared in the graph: from 12 on the square wraps around."""

from typing import Literal

import numpy as np
import pymc as pm

ANSWER = {"names": ["growth"], "cause_class": "b"}

rng = np.random.default_rng(92)
N = 120
dose = rng.integers(0, 20, N).astype("int8")
growth = 4.0 + 0.8 * dose - 0.03 * dose.astype(float) ** 2 + rng.normal(0, 0.6, N)


def build(*, written: Literal["faulty", "repaired"] = "faulty") -> pm.Model:
    with pm.Model() as model:
        given = pm.Data("given", dose if written == "faulty" else dose.astype("float64"))
        base = pm.Normal("base", 4, 3)
        per_dose = pm.Normal("per_dose", 0, 1)
        per_square = pm.Normal("per_square", 0, 0.2)
        expected = pm.Deterministic("expected", base + per_dose * given + per_square * (given * given))
        noise = pm.HalfNormal("noise", 2)
        pm.Normal("growth", expected, noise, observed=growth)
    return model
