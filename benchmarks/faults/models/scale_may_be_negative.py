"""A scale with an unbounded Normal prior: half of the prior is no scale at all."""

from typing import Literal

import numpy as np
import pymc as pm

ANSWER = {"names": ["spread"], "cause_class": "b"}

rng = np.random.default_rng(12)
thickness = rng.normal(3.0, 0.4, 9)


def build(*, written: Literal["faulty", "repaired"] = "faulty") -> pm.Model:
    with pm.Model() as model:
        centre = pm.Normal("centre", 3, 2)
        prior = pm.Normal if written == "faulty" else pm.TruncatedNormal
        bounds = {} if written == "faulty" else {"lower": 0}
        spread = prior("spread", mu=0.5, sigma=0.5, **bounds)
        pm.Normal("thickness", centre, spread, observed=thickness)
    return model
