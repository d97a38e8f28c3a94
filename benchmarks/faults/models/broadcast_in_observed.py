"""Data read as a column (N, 1) against means in a row (N,): every mean meets every datum."""

from typing import Literal

import numpy as np
import pymc as pm

ANSWER = {"names": ["length"], "cause_class": "c"}

rng = np.random.default_rng(59)
species = np.repeat(np.arange(5), 12)
petal = np.array([1.5, 3.0, 4.2, 5.1, 5.8])[species] + rng.normal(0, 0.4, species.size)
column = petal[:, None]


def build(*, written: Literal["faulty", "repaired"] = "faulty") -> pm.Model:
    with pm.Model(coords={"species": list("abcde")}) as model:
        mean = pm.Normal("mean", 4, 3, dims="species")
        sigma = pm.HalfNormal("sigma", 2)
        lengths = column if written == "faulty" else column[:, 0]
        pm.Normal("length", mean[species], sigma, observed=lengths)
    return model
