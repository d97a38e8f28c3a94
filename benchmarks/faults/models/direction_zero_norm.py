"""Directions written as u / norm(u): sharp data make a cone that narrows to a point at u = 0."""

from typing import Literal

import numpy as np
import pymc as pm
import pytensor.tensor as pt

ANSWER = {"names": ["u"], "cause_class": "a"}

rng = np.random.default_rng(2)
N_ANIMALS, N_FIXES = 4, 60
heading = rng.uniform(-np.pi, np.pi, N_ANIMALS)
true = np.stack([np.cos(heading), np.sin(heading)], axis=1)
fixes = true[:, None] + rng.normal(0, 0.05, (N_ANIMALS, N_FIXES, 2))


def build(*, written: Literal["faulty", "repaired"] = "faulty") -> pm.Model:
    with pm.Model(coords={"animal": np.arange(N_ANIMALS), "axis": ["x", "y"]}) as model:
        u = pm.Normal("u", 0, 1, dims=("animal", "axis"))
        norm = pt.sqrt((u**2).sum(axis=1, keepdims=True))
        direction = pm.Deterministic("direction", u / norm, dims=("animal", "axis"))
        if written == "repaired":
            pm.Potential("length", pm.logp(pm.Normal.dist(1, 0.1), norm).sum())
        noise = pm.HalfNormal("noise", 0.2)
        pm.Normal("fix", direction[:, None, :], noise, observed=fixes)
    return model
