"""Shrinkage with a scale per coefficient, centered, and data too weak to say which are zero."""

from typing import Literal

import numpy as np
import pymc as pm

ANSWER = {"names": ["coef", "local", "overall"], "cause_class": "a"}

rng = np.random.default_rng(31)
N, P = 25, 12
markers = rng.normal(0, 1, (N, P))
response = markers[:, 0] * 1.0 + rng.normal(0, 2.0, N)


def build(*, written: Literal["faulty", "repaired"] = "faulty") -> pm.Model:
    with pm.Model(coords={"marker": np.arange(P)}) as model:
        overall = pm.HalfNormal("overall", 0.4)
        local = pm.LogNormal("local", 0, 0.5, dims="marker")
        if written == "faulty":
            coef = pm.Normal("coef", 0, overall * local, dims="marker")
        else:
            unit = pm.Normal("unit", 0, 1, dims="marker")
            coef = pm.Deterministic("coef", unit * overall * local, dims="marker")
        noise = pm.HalfNormal("noise", 3)
        pm.Normal("response", pm.math.dot(markers, coef), noise, observed=response)
    return model
