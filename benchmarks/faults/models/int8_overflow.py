"""Speeds stored as int8 are squared for the model: from 12 on the square wraps around."""

from typing import Literal

import numpy as np
import pymc as pm
import pytensor.tensor as pt

ANSWER = {"names": ["braking"], "cause_class": "b"}

rng = np.random.default_rng(92)
N = 120
speed = rng.integers(3, 25, N).astype("int8")
braking = 2.0 + 0.06 * speed.astype(float) ** 2 + rng.normal(0, 2.0, N)


def build(*, written: Literal["faulty", "repaired"] = "faulty") -> pm.Model:
    measured = speed if written == "faulty" else speed.astype("float64")
    with pm.Model() as model:
        square = pt.as_tensor(measured) ** 2
        reaction = pm.Normal("reaction", 2, 2)
        per_square = pm.Normal("per_square", 0, 0.2)
        expected = pm.Deterministic("expected", reaction + per_square * square)
        noise = pm.HalfNormal("noise", 5)
        pm.Normal("braking", expected, noise, observed=braking)
    return model
