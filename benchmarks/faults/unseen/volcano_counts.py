"""Monthly counts of small explosions at a volcano over five years; the log rate wanders as a random walk
whose monthly step size is estimated."""

from typing import Literal

import numpy as np
import pymc as pm

ANSWER = {"names": ["log_rate", "step"], "cause_class": "a"}

_gen = np.random.default_rng(219)
MONTHS = 54
_path = np.log(2.5) + np.cumsum(0.05 * _gen.normal(size=MONTHS))
EXPLOSIONS = _gen.poisson(np.exp(_path))


def build(*, written: Literal["faulty", "repaired"] = "faulty") -> pm.Model:
    with pm.Model() as volcano:
        step = pm.HalfNormal("step", sigma=0.07)
        if written == "faulty":
            log_rate = pm.GaussianRandomWalk(
                "log_rate", mu=0, sigma=step, init_dist=pm.Normal.dist(1.0, 1.0), steps=MONTHS - 1
            )
        else:
            level = pm.Normal("level", 1.0, 1.0)
            shocks = pm.Normal("shocks", 0.0, 1.0, shape=MONTHS - 1)
            walk = pm.math.concatenate([np.zeros(1), shocks.cumsum()])
            log_rate = level + step * (walk - walk.mean())
        pm.Poisson("explosions", mu=pm.math.exp(log_rate), observed=EXPLOSIONS)
    return volcano
