"""log(1 / (1 + exp(-x))) written out, with logits of several hundred: exp overflows and the log is -inf."""

from typing import Literal

import numpy as np
import pymc as pm
import pytensor.tensor as pt

ANSWER = {"names": ["choices"], "cause_class": "c"}

rng = np.random.default_rng(54)
N = 60
gain = rng.normal(0, 300, N)
took = rng.random(N) < 1 / (1 + np.exp(-np.clip(0.02 * gain, -30, 30)))


def build(*, written: Literal["faulty", "repaired"] = "faulty") -> pm.Model:
    with pm.Model() as model:
        slope = pm.HalfNormal("slope", 3)
        bias = pm.Normal("bias", 0, 10)
        toward = np.where(took, 1.0, -1.0) * (bias + slope * gain)
        p = 1 / (1 + pt.exp(-toward))
        log_p = pt.log(p) if written == "faulty" else -pt.softplus(-toward)
        pm.Potential("choices", log_p.sum())
    return model
