"""A column of group means (N, 1) against data (N,) in an observed variable: N times N terms."""

from typing import Literal

import numpy as np
import pymc as pm

ANSWER = {"names": ["length"], "cause_class": "c"}

rng = np.random.default_rng(59)
species = np.repeat(np.arange(5), 12)
petal = np.array([1.5, 3.0, 4.2, 5.1, 5.8])[species] + rng.normal(0, 0.4, species.size)


def build(*, written: Literal["faulty", "repaired"] = "faulty") -> pm.Model:
    with pm.Model(coords={"species": list("abcde")}) as model:
        mean = pm.Normal("mean", 4, 3, dims="species")
        sigma = pm.HalfNormal("sigma", 2)
        expected = mean[species] if written == "repaired" else mean[species][:, None]
        pm.Normal("length", expected, sigma, observed=petal)
    return model
