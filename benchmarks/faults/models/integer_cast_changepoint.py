"""The day of a change is cast to an integer before it is used: no gradient reaches it."""

from typing import Literal

import numpy as np
import pymc as pm
import pytensor.tensor as pt

ANSWER = {"names": ["accidents"], "cause_class": "c"}

rng = np.random.default_rng(62)
day = np.arange(100)
accidents = rng.poisson(np.where(day < 40, 6.0, 2.0))


def build(*, written: Literal["faulty", "repaired"] = "faulty") -> pm.Model:
    with pm.Model() as model:
        change = pm.Normal("change", 45, 8)
        log_rate = pm.Normal("log_rate", 1, 1, shape=2)
        if written == "faulty":
            after = pt.switch(day >= pt.cast(change, "int64"), 1.0, 0.0)
        else:
            after = pm.math.sigmoid((day - change) / 5)
        rate = pm.math.exp(log_rate[0] + (log_rate[1] - log_rate[0]) * after)
        pm.Poisson("accidents", pm.Deterministic("rate", rate), observed=accidents)
    return model
