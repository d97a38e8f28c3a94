"""A dose is rounded to whole tablets inside the model; a sound regression of the blood pressure stands beside."""

from typing import Literal

import numpy as np
import pymc as pm
import pytensor.tensor as pt

ANSWER = {"names": ["response"], "cause_class": "c"}

rng = np.random.default_rng(53)
N = 100
weight = rng.uniform(50, 100, N)
response = 1.5 * weight / 12 + rng.normal(0, 0.8, N)
salt = rng.normal(0, 1, N)
pressure = 120 + 4 * salt + rng.normal(0, 6, N)


def build(*, written: Literal["faulty", "repaired"] = "faulty") -> pm.Model:
    with pm.Model() as model:
        kg_per_tablet = pm.Normal("kg_per_tablet", 12, 2)
        tablets = weight / kg_per_tablet
        if written == "faulty":
            tablets = pt.round(tablets)
        effect = pm.Normal("effect", 1.5, 0.1)
        sigma = pm.HalfNormal("sigma", 2)
        pm.Normal("response", effect * tablets, sigma, observed=response)

        salt_coef = pm.Normal("salt_coef", 0, 10)
        pm.Normal("pressure", 120 + salt_coef * salt, pm.HalfNormal("scatter", 10), observed=pressure)
    return model
