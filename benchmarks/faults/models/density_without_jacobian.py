"""A prior on exp(z) as a potential, z itself Flat: the log-density lacks the Jacobian z."""

from typing import Literal

import numpy as np
import pymc as pm

ANSWER = {"names": ["rate_prior"], "cause_class": "c"}

rng = np.random.default_rng(51)
gap = rng.exponential(1 / 0.8, 6)


def build(*, written: Literal["faulty", "repaired"] = "faulty") -> pm.Model:
    with pm.Model() as model:
        z = pm.Flat("z")
        rate = pm.Deterministic("rate", pm.math.exp(z))
        prior = pm.logp(pm.Gamma.dist(2, 2), rate)
        pm.Potential("rate_prior", prior if written == "faulty" else prior + z)
        pm.Exponential("gap", rate, observed=gap)
    return model
