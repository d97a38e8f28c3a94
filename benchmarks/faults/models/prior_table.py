"""Priors come as a table of means and standard deviations; one row has the two the wrong way round."""

from typing import Literal

import numpy as np
import pymc as pm

ANSWER = {"names": ["coef"], "cause_class": "b"}

rng = np.random.default_rng(1107)
N = 110
features = rng.normal(0, 1, (N, 4))
log_runoff = 1.5 + features @ np.array([0.6, 0.2, -0.7, 0.1]) + rng.normal(0, 0.5, N)
KNOWN = {"rain": (0.5, 1.0), "slope": (0.2, 0.5), "clay": (0.04, 1.5), "cover": (0.0, 1.0)}


def build(*, written: Literal["faulty", "repaired"] = "faulty") -> pm.Model:
    known = dict(KNOWN)
    if written == "faulty":
        known["clay"] = (1.5, 0.04)
    table = np.array(list(known.values()))
    with pm.Model(coords={"feature": list(known), "basin": np.arange(N)}) as model:
        x = pm.Data("x", features, dims=("basin", "feature"))
        base = pm.Normal("base", 1, 1)
        coef = pm.Normal("coef", table[:, 0], table[:, 1], dims="feature")
        expected = pm.Deterministic("expected", base + pm.math.dot(x, coef), dims="basin")
        rest = pm.HalfNormal("rest", 1)
        pm.LogNormal("runoff", expected, rest, observed=np.exp(log_runoff), dims="basin")
    return model
