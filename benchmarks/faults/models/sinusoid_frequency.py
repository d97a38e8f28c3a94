"""The frequency of a sine under a wide prior: every few hundredths another mode."""

from typing import Literal

import numpy as np
import pymc as pm

ANSWER = {"names": ["frequency"], "cause_class": "a"}

rng = np.random.default_rng(37)
day = np.sort(rng.uniform(0, 30, 60))
brightness = 10 + 1.0 * np.sin(2 * np.pi * 0.41 * day) + 0.4 * np.cos(2 * np.pi * 0.41 * day)
brightness = brightness + rng.normal(0, 0.7, 60)


def build(*, written: Literal["faulty", "repaired"] = "faulty") -> pm.Model:
    with pm.Model() as model:
        if written == "faulty":
            frequency = pm.Uniform("frequency", 0.02, 2.0)
        else:
            frequency = pm.Normal("frequency", 0.41, 0.005)
        level = pm.Normal("level", 10, 3)
        swing = pm.Normal("swing", 0, 1, shape=2)
        phase = 2 * np.pi * frequency * day
        curve = level + swing[0] * pm.math.sin(phase) + swing[1] * pm.math.cos(phase)
        noise = pm.HalfNormal("noise", 1)
        pm.Normal("brightness", pm.Deterministic("curve", curve), noise, observed=brightness)
    return model
