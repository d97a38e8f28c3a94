"""A normal log-likelihood written by hand without -log(s): the larger the scale, the better the fit."""

from typing import Literal

import numpy as np
import pymc as pm

ANSWER = {"names": ["match"], "cause_class": "c"}

rng = np.random.default_rng(61)
N = 90
time = np.linspace(0, 6, N)
activity = 20 * np.exp(-0.5 * time) + rng.normal(0, 1.0, N)


def build(*, written: Literal["faulty", "repaired"] = "faulty") -> pm.Model:
    with pm.Model() as model:
        initial = pm.Normal("initial", 20, 5)
        decay = pm.LogNormal("decay", -0.7, 0.5)
        error = pm.HalfNormal("error", 3)
        curve = pm.Deterministic("curve", initial * pm.math.exp(-decay * time))
        terms = -0.5 * ((activity - curve) / error) ** 2
        if written == "repaired":
            terms = terms - pm.math.log(error)
        pm.Potential("match", terms.sum())
    return model
