"""A noise model of one's own whose mean is a column (N, 1) against data (N,): every mean meets every datum."""

from typing import Literal

import numpy as np
import pymc as pm

ANSWER = {"names": ["length"], "cause_class": "c"}

rng = np.random.default_rng(59)
N = 60
age = rng.uniform(-2, 2, N)
shell = 4.0 + 1.5 * age + rng.laplace(0, 0.4, N)


def build(*, written: Literal["faulty", "repaired"] = "faulty") -> pm.Model:
    predictor = age[:, None] if written == "faulty" else age

    def laplace(value, hatched, per_year, scale):
        """Log-density of each length: (N,)."""
        return -abs(value - hatched - per_year * predictor) / scale - pm.math.log(2 * scale)

    with pm.Model() as model:
        hatched = pm.Normal("hatched", 4, 3)
        per_year = pm.Normal("per_year", 0, 3)
        scale = pm.HalfNormal("scale", 2)
        pm.CustomDist("length", hatched, per_year, scale, logp=laplace, observed=shell)
    return model
