"""Owl calls per night as a local level: Poisson counts, log rate a Gaussian random walk, few nights with data."""

from typing import Literal

import numpy as np
import pymc as pm

ANSWER = {"names": ["step", "level"], "cause_class": "a"}

rng = np.random.default_rng(97)
nights = 60
walk = np.cumsum(rng.normal(0, 0.06, nights))
heard = np.sort(rng.choice(nights, 22, replace=False))
calls = rng.poisson(np.exp(0.4 + walk[heard]))


def build(*, written: Literal["faulty", "repaired"] = "faulty") -> pm.Model:
    with pm.Model(coords={"night": np.arange(nights)}) as model:
        start = pm.Normal("start", 0, 1)
        step = pm.HalfNormal("step", 0.5)
        if written == "faulty":
            level = pm.GaussianRandomWalk("level", 0, step, init_dist=pm.Normal.dist(0, 0.01), dims="night")
        else:
            level = pm.Deterministic(
                "level", step * pm.Normal("move", 0, 1, dims="night").cumsum(), dims="night"
            )
        pm.Poisson("calls", pm.math.exp(start + level[heard]), observed=calls)
    return model
