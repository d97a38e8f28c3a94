"""Two factors whose signs are free: turning one and its loadings around changes nothing."""

from typing import Literal

import numpy as np
import pymc as pm
import pytensor.tensor as pt

ANSWER = {"names": ["loading", "ability"], "cause_class": "a"}

rng = np.random.default_rng(35)
N = 50
SCALE = np.repeat([0, 1], 4)  # verbal and spatial items
true = rng.normal(0, 1, (N, 2))[:, SCALE] * np.array([1.2, 0.9, 1.1, 0.8, 1.0, 1.3, 0.7, 1.0])
answers = true + rng.normal(0, 0.6, true.shape)


def build(*, written: Literal["faulty", "repaired"] = "faulty") -> pm.Model:
    with pm.Model(coords={"person": np.arange(N), "scale": ["verbal", "spatial"]}) as model:
        if written == "faulty":
            ability = pm.Normal("ability", 0, 1, dims=("person", "scale"))
            loading = pm.Normal("loading", 0, 1.5, shape=8)
        else:
            # The first item of a scale sets its sign and its unit.
            spread = pm.LogNormal("spread", 0, 0.5, dims="scale")
            ability = pm.Normal("ability", 0, spread, dims=("person", "scale"))
            others = pm.LogNormal("others", 0, 0.5, shape=6)
            loading = pt.concatenate([[1.0], others[:3], [1.0], others[3:]])
        expected = pm.Deterministic("expected", ability[:, SCALE] * loading)
        pm.Normal("answer", expected, pm.HalfNormal("noise", 1), observed=answers)
    return model
