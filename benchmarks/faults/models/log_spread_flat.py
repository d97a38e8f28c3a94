"""Yields of a variety at eight farms: a flat prior on the logarithm of the spread between farms, which may be none at all."""

from typing import Literal

import numpy as np
import pymc as pm

ANSWER = {"names": ["log_spread"], "cause_class": "b"}

YIELD = np.array([6.1, 5.2, 4.7, 5.6, 4.9, 5.0, 5.8, 5.4])  # tonnes per hectare
ERROR = np.array([0.6, 0.4, 0.7, 0.5, 0.4, 0.5, 0.4, 0.7])


def build(*, written: Literal["faulty", "repaired"] = "faulty") -> pm.Model:
    with pm.Model(coords={"farm": np.arange(YIELD.size)}) as model:
        level = pm.Normal("level", 5, 2)
        spread = pm.math.exp(pm.Flat("log_spread")) if written == "faulty" else pm.HalfNormal("spread", 1)
        departure = pm.Normal("departure", 0, 1, dims="farm")
        pm.Normal("harvest", level + spread * departure, ERROR, observed=YIELD, dims="farm")
    return model
