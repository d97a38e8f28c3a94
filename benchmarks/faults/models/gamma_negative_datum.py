"""A Gamma likelihood meets one negative waiting time, a sign typed by mistake."""

from typing import Literal

import numpy as np
import pymc as pm

ANSWER = {"names": ["wait"], "cause_class": "b"}

rng = np.random.default_rng(8)
site = np.repeat(np.arange(4), 30)
minutes = rng.gamma(3.0, 2.0, site.size)


def build(*, written: Literal["faulty", "repaired"] = "faulty") -> pm.Model:
    wait = minutes.copy()
    if written == "faulty":
        wait[57] *= -1
    with pm.Model(coords={"site": ["north", "east", "south", "west"]}) as model:
        log_mean = pm.Normal("log_mean", 1, 1, dims="site")
        shape = pm.Gamma("shape", 2, 0.5)
        mean = pm.Deterministic("mean", pm.math.exp(log_mean), dims="site")
        pm.Gamma("wait", alpha=shape, beta=shape / mean[site], observed=wait)
    return model
