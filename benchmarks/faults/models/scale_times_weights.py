"""A gain and the sensitivities that it multiplies: only the products are seen, so one grows as the others shrink."""

from typing import Literal

import numpy as np
import pymc as pm

ANSWER = {"names": ["gain", "sensitivity"], "cause_class": "a"}

rng = np.random.default_rng(38)
CHANNELS, N = 4, 50
light = rng.uniform(1, 3, N)
signal = np.outer(light, [2.0, 3.5, 1.5, 2.8]) + rng.normal(0, 0.1, (N, CHANNELS))


def build(*, written: Literal["faulty", "repaired"] = "faulty") -> pm.Model:
    with pm.Model(coords={"channel": list("rgbn")}) as model:
        # Mended, the gain is what the data sheet says.
        gain = pm.LogNormal("gain", 0, 20) if written == "faulty" else 1.0
        sensitivity = pm.LogNormal("sensitivity", 0, 20 if written == "faulty" else 2, dims="channel")
        response = pm.Deterministic("response", gain * sensitivity, dims="channel")
        noise = pm.HalfNormal("noise", 1)
        pm.Normal("signal", light[:, None] * response, noise, observed=signal)
    return model
