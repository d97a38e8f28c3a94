"""Log daily turnover of ice-cream kiosks: an overall level plus effects of weekday, kiosk and month,
and a temperature slope."""

from typing import Literal

import numpy as np
import pymc as pm

ANSWER = {"names": ["base", "weekday", "kiosk", "month"], "cause_class": "a"}

rng = np.random.default_rng(2026)
LEVELS = {"weekday": 7, "kiosk": 6, "month": 5}
n = 420
index = {name: rng.integers(0, k, n) for name, k in LEVELS.items()}
temp = rng.normal(0, 1, n)
truth = {name: rng.normal(0, 0.4, k) for name, k in LEVELS.items()}
turnover = 6.2 + sum(truth[k][index[k]] for k in LEVELS) + 0.3 * temp + 0.25 * rng.normal(size=n)


def build(*, written: Literal["faulty", "repaired"] = "faulty") -> pm.Model:
    with pm.Model(coords={f"{name}s": range(k) for name, k in LEVELS.items()}) as model:
        mu = pm.Normal("base", 0, 50) + pm.Normal("warmth", 0, 1) * temp
        for name in LEVELS:
            if written == "faulty":
                effect = pm.Normal(name, 0, 20, dims=f"{name}s")
            else:
                effect = pm.ZeroSumNormal(name, 2, dims=f"{name}s")
            mu = mu + effect[index[name]]
        noise = pm.Exponential("noise", 2)
        pm.Normal("turnover", mu, noise, observed=turnover)
    return model
