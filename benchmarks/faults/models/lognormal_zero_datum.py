"""One titre below detection was written as 0 and meets a LogNormal likelihood."""

from typing import Literal

import numpy as np
import pymc as pm

ANSWER = {"names": ["titre"], "cause_class": "b"}

rng = np.random.default_rng(96)
N = 110
vaccine = rng.integers(0, 3, N)
measured = rng.lognormal(np.array([1.0, 2.2, 2.8])[vaccine], 0.6)


def build(*, written: Literal["faulty", "repaired"] = "faulty") -> pm.Model:
    titre = measured.copy()
    # Mended, the value is half of the limit of detection.
    titre[9] = 0.0 if written == "faulty" else 0.5
    with pm.Model(coords={"vaccine": ["none", "one dose", "two doses"]}) as model:
        log_titre = pm.Normal("log_titre", 2, 1.5, dims="vaccine")
        scatter = pm.HalfNormal("scatter", 1)
        pm.LogNormal("titre", log_titre[vaccine], scatter, observed=titre)
    return model
