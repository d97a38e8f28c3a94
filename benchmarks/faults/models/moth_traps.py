"""Moths per trap, the mean of four traps, under a Poisson likelihood, which drops what stands behind the point."""

from typing import Literal

import numpy as np
import pymc as pm

ANSWER = {"names": ["moths"], "cause_class": "b"}

rng = np.random.default_rng(4204)
NIGHTS, TRAPS = 90, 4
warmth = rng.normal(0, 1, NIGHTS)
caught = rng.poisson(np.exp(0.3 + 0.4 * warmth)[:, None], (NIGHTS, TRAPS))


def build(*, written: Literal["faulty", "repaired"] = "faulty") -> pm.Model:
    table = caught.mean(axis=1) if written == "faulty" else caught.sum(axis=1)
    effort = 1 if written == "faulty" else TRAPS
    with pm.Model(coords={"night": np.arange(NIGHTS)}) as model:
        tally = pm.Data("tally", table, dims="night")
        base = pm.Normal("base", 0, 1)
        per_warmth = pm.Normal("per_warmth", 0, 0.5)
        activity = pm.Deterministic("activity", pm.math.exp(base + per_warmth * warmth), dims="night")
        pm.Poisson("moths", effort * activity, observed=tally, dims="night")
    return model
