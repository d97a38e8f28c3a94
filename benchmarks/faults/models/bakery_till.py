"""Eight ovens with few loaves each, centered, beside a change of the till at an unknown day, which samples well."""

from typing import Literal

import numpy as np
import pymc as pm

ANSWER = {"names": ["spread", "extra"], "cause_class": "a"}

rng = np.random.default_rng(5203)
DAYS, OVENS = 60, 8
customers = rng.poisson(np.where(np.arange(DAYS) < 34, 4.0, 9.0))
noise = np.array([15.0, 10, 16, 11, 9, 11, 10, 18])
weight = rng.normal(6, 3, OVENS) + rng.normal(0, noise)


def build(*, written: Literal["faulty", "repaired"] = "faulty") -> pm.Model:
    with pm.Model(coords={"day": np.arange(DAYS), "oven": np.arange(OVENS)}) as model:
        change = pm.DiscreteUniform("change", 0, DAYS - 1)
        before, after = pm.Exponential("before", 0.2), pm.Exponential("after", 0.2)
        rate = pm.math.switch(change > np.arange(DAYS), before, after)
        pm.Poisson("customers", rate, observed=customers, dims="day")

        mean = pm.Normal("mean", 0, 10)
        spread = pm.HalfCauchy("spread", 5)
        if written == "faulty":
            heavier = pm.Normal("extra", mean, spread, dims="oven")
        else:
            heavier = mean + spread * pm.Normal("extra", dims="oven")
        pm.Normal("weight", heavier, noise, observed=weight, dims="oven")
    return model
