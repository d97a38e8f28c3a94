"""A choice between two offers, exp(a) / (exp(a) + exp(b)) written out: with utilities of 700 and more exp overflows."""

from typing import Literal

import numpy as np
import pymc as pm
import pytensor.tensor as pt

ANSWER = {"names": ["choices"], "cause_class": "c"}

rng = np.random.default_rng(54)
N = 120
payoff = rng.normal(30_000, 60, (N, 2))
first = rng.random(N) < 1 / (1 + np.exp(-0.02 * (payoff[:, 0] - payoff[:, 1])))
chosen, other = np.where(first, payoff.T, payoff.T[::-1])


def build(*, written: Literal["faulty", "repaired"] = "faulty") -> pm.Model:
    with pm.Model() as model:
        sensitivity = pm.LogNormal("sensitivity", -4, 0.5)
        mine, theirs = sensitivity * chosen, sensitivity * other
        if written == "faulty":
            p = pm.math.exp(mine) / (pm.math.exp(mine) + pm.math.exp(theirs))
            log_p = pm.math.log(p)
        else:
            log_p = -pt.softplus(theirs - mine)
        pm.Potential("choices", log_p.sum())
    return model
