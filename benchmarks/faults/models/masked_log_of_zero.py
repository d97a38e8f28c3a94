"""log(x) * mask with x = 0 where masked: -inf times 0 is NaN."""

from typing import Literal

import numpy as np
import pymc as pm
import pytensor.tensor as pt

ANSWER = {"names": ["titre"], "cause_class": "c"}

rng = np.random.default_rng(57)
N = 80
dose = rng.uniform(0.5, 8, N)
dose[[5, 31, 60]] = 0.0
given = dose > 0
titre = 2.0 + 0.9 * np.log(np.where(given, dose, 1.0)) + rng.normal(0, 0.4, N)


def build(*, written: Literal["faulty", "repaired"] = "faulty") -> pm.Model:
    with pm.Model(coords={"mouse": np.arange(N)}) as model:
        amount = pm.Data("amount", dose, dims="mouse")
        after_mask = pt.log(amount) * given
        log_dose = after_mask if written == "faulty" else pt.log(pt.where(given, amount, 1.0))
        untreated = pm.Normal("untreated", 0, 5)
        per_log = pm.Normal("per_log", 0, 2)
        expected = pm.Deterministic("expected", untreated + per_log * log_dose, dims="mouse")
        sigma = pm.HalfNormal("sigma", 1)
        pm.Normal("titre", expected, sigma, observed=titre, dims="mouse")
    return model
