"""A mixture's density summed outside the log: a few hundredths from both components every exp underflows to zero."""

from typing import Literal

import numpy as np
import pymc as pm
import pytensor.tensor as pt

ANSWER = {"names": ["mixture"], "cause_class": "c"}

rng = np.random.default_rng(55)
mass = np.concatenate([rng.normal(10, 0.01, 60), rng.normal(20, 0.01, 40)])


def build(*, written: Literal["faulty", "repaired"] = "faulty") -> pm.Model:
    with pm.Model() as model:
        share = pm.Beta("share", 2, 2)
        light = pm.Normal("light", 10, 1)
        heavy = pm.Normal("heavy", 20, 1)
        log_light = pm.logp(pm.Normal.dist(light, 0.01), mass)
        log_heavy = pm.logp(pm.Normal.dist(heavy, 0.01), mass)
        if written == "faulty":
            terms = pt.log(share * pt.exp(log_light) + (1 - share) * pt.exp(log_heavy))
        else:
            terms = pt.logaddexp(pt.log(share) + log_light, pt.log1p(-share) + log_heavy)
        pm.Potential("mixture", terms.sum())
    return model
