"""Crop yield (dt/ha) against nitrogen, with a Box-Cox transformation of the response that is estimated too."""

from typing import Literal

import numpy as np
import pymc as pm

ANSWER = {"names": ["crop_yield", "power"], "cause_class": "c"}

rng = np.random.default_rng(8)
n = 150
nitrogen = rng.uniform(-1.5, 1.5, n)
rain = rng.normal(0, 1, n)
crop_yield = np.exp(3.4 + 0.25 * nitrogen + 0.10 * rain + rng.normal(0, 0.3, n))


def build(*, written: Literal["faulty", "repaired"] = "faulty") -> pm.Model:
    with pm.Model() as model:
        power = pm.Uniform("power", -2, 2)
        base = pm.Normal("base", 0, 20)
        b_nitrogen = pm.Normal("b_nitrogen", 0, 10)
        b_rain = pm.Normal("b_rain", 0, 10)
        spread = pm.HalfNormal("spread", 10)
        centre = 1.0 if written == "faulty" else np.exp(np.log(crop_yield).mean())
        transformed = centre * ((crop_yield / centre) ** power - 1) / power
        mean = base + b_nitrogen * nitrogen + b_rain * rain
        pm.Potential("crop_yield", pm.logp(pm.Normal.dist(mean, spread), transformed).sum())
    return model
