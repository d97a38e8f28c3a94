"""Demand smoothed week by week in a Python loop: the graph holds each of 120 steps."""

from typing import Literal

import numpy as np
import pymc as pm
import pytensor.tensor as pt

ANSWER = {"names": ["demand"], "cause_class": "d"}

WEEKS = 120
rng = np.random.default_rng(81)
demand = 20 + np.cumsum(rng.normal(0, 0.4, WEEKS)) + rng.normal(0, 1, WEEKS)
age = np.arange(WEEKS)[:, None] - 1 - np.arange(WEEKS)  # of what week t has seen of week s: (t, s)


def build(*, written: Literal["faulty", "repaired"] = "faulty") -> pm.Model:
    with pm.Model() as model:
        keep = pm.Beta("keep", 4, 4)
        first = pm.Normal("first", 20, 3)
        if written == "faulty":
            level = [first]
            for seen in demand[:-1]:
                level.append(keep * level[-1] + (1 - keep) * seen)
            forecast = pt.stack(level)
        else:
            weight = pt.where(age >= 0, (1 - keep) * pt.exp(np.clip(age, 0, None) * pt.log(keep)), 0.0)
            forecast = pt.dot(weight, demand) + first * keep ** np.arange(WEEKS)
        sigma = pm.HalfNormal("sigma", 2)
        pm.Normal("demand", pm.Deterministic("forecast", forecast), sigma, observed=demand)
    return model
