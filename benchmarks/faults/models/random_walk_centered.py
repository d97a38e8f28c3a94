"""A latent random walk, centered, with a free step size that noisy data hardly inform."""

from typing import Literal

import numpy as np
import pymc as pm

ANSWER = {"names": ["s", "x"], "cause_class": "a"}

rng = np.random.default_rng(3)
T = 60
signal = np.cumsum(rng.normal(0, 0.05, T))
y = signal + rng.normal(0, 1.0, T)


def build(*, written: Literal["faulty", "repaired"] = "faulty") -> pm.Model:
    with pm.Model() as model:
        s = pm.HalfNormal("s", 0.05)
        if written == "faulty":
            x = pm.GaussianRandomWalk("x", mu=0, sigma=s, init_dist=pm.Normal.dist(0, s), shape=T)
        else:
            step = pm.Normal("step", 0, 1, shape=T)
            x = pm.Deterministic("x", s * pm.math.cumsum(step))
        pm.Normal("reading", x, 1.0, observed=y)
    return model
