"""One factor whose sign is free: turning it and all loadings around changes nothing."""

from typing import Literal

import numpy as np
import pymc as pm
import pytensor.tensor as pt

ANSWER = {"names": ["loading", "ability"], "cause_class": "a"}

rng = np.random.default_rng(35)
N, ITEMS = 60, 5
answers = np.outer(rng.normal(0, 1, N), [1.2, 0.9, 1.1, 0.8, 1.0]) + rng.normal(0, 0.6, (N, ITEMS))


def build(*, written: Literal["faulty", "repaired"] = "faulty") -> pm.Model:
    with pm.Model(coords={"person": np.arange(N), "item": list("abcde")}) as model:
        if written == "faulty":
            ability = pm.Normal("ability", 0, 1, dims="person")
            loading = pm.Normal("loading", 0, 1.5, dims="item")
        else:
            # The first item sets the sign and the scale.
            ability = pm.Normal("ability", 0, pm.LogNormal("spread", 0, 0.5), dims="person")
            others = pm.Normal("others", 0, 1.5, shape=ITEMS - 1)
            loading = pm.Deterministic("loading", pt.concatenate([[1.0], others]), dims="item")
        noise = pm.HalfNormal("noise", 1, dims="item")
        pm.Normal("answer", ability[:, None] * loading, noise, observed=answers, dims=("person", "item"))
    return model
