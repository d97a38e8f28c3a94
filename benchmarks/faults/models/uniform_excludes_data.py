"""A Uniform prior on the depth ends at 10 m; the soundings say 14 m."""

from typing import Literal

import numpy as np
import pymc as pm

ANSWER = {"names": ["depth"], "cause_class": "b"}

rng = np.random.default_rng(13)
sounding = rng.normal(14.0, 0.8, 40)
temperature = 18.0 - 0.4 * sounding + rng.normal(0, 0.5, 40)


def build(*, written: Literal["faulty", "repaired"] = "faulty") -> pm.Model:
    with pm.Model() as model:
        depth = pm.Uniform("depth", 0, 10 if written == "faulty" else 50)
        error = pm.HalfNormal("error", 2)
        pm.Normal("sounding", depth, error, observed=sounding)

        surface = pm.Normal("surface", 15, 5)
        rate = pm.Normal("rate", 0, 1)
        jitter = pm.HalfNormal("jitter", 1)
        pm.Normal("temperature", surface + rate * (sounding - 14), jitter, observed=temperature)
    return model
