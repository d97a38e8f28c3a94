"""One factor whose sign is free: turning it and all loadings around changes nothing."""

from typing import Literal

import numpy as np
import pymc as pm

ANSWER = {"names": ["loading", "ability"], "cause_class": "a"}

rng = np.random.default_rng(35)
N, ITEMS = 40, 5
answers = np.outer(rng.normal(0, 1, N), [1.2, 0.9, 1.1, 0.8, 1.0]) + rng.normal(0, 1.0, (N, ITEMS))


def build(*, written: Literal["faulty", "repaired"] = "faulty") -> pm.Model:
    with pm.Model(coords={"person": np.arange(N), "item": list("abcde")}) as model:
        ability = pm.Normal("ability", 0, 1, dims="person")
        prior = pm.Normal if written == "faulty" else pm.HalfNormal
        loading = prior("loading", sigma=1.5, dims="item")
        noise = pm.HalfNormal("noise", 1, dims="item")
        pm.Normal("answer", ability[:, None] * loading, noise, observed=answers, dims=("person", "item"))
    return model
