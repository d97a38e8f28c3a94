"""Hospital-acquired infection among 140 patients in seven wards: logistic regression on age, days with a catheter and
earlier vaccination, with ward effects."""

from typing import Literal

import numpy as np
import pymc as pm

ANSWER = {"names": ["coefficient", "infected"], "cause_class": "b"}

rng = np.random.default_rng(731)
N_PATIENT, N_WARD = 140, 7
WARD = rng.integers(0, N_WARD, N_PATIENT)
AGE = rng.normal(64, 12, N_PATIENT)
CATHETER_DAYS = rng.poisson(4.0, N_PATIENT)
VACCINATED = (rng.random(N_PATIENT) < 0.16).astype(float)
_logit = (
    -0.9
    + 0.4 * (AGE - 64) / 12
    + 0.45 * (CATHETER_DAYS - 4) / 2
    - 4.5 * VACCINATED
    + rng.normal(0, 0.5, N_WARD)[WARD]
)
INFECTED = (rng.random(N_PATIENT) < 1 / (1 + np.exp(-_logit))).astype(int)
DESIGN = np.column_stack([np.ones(N_PATIENT), (AGE - 64) / 12, (CATHETER_DAYS - 4) / 2, VACCINATED])
TERMS = ["intercept", "age", "catheter", "vaccinated"]


def build(*, written: Literal["faulty", "repaired"] = "faulty") -> pm.Model:
    with pm.Model(
        coords={"term": TERMS, "ward": np.arange(N_WARD), "patient": np.arange(N_PATIENT)}
    ) as model:
        if written == "faulty":
            coefficient = pm.Flat("coefficient", dims="term")
        else:
            coefficient = pm.Normal("coefficient", 0.0, 2.5, dims="term")
        ward_effect = pm.ZeroSumNormal("ward_effect", 0.6, dims="ward")
        eta = pm.math.dot(DESIGN, coefficient) + ward_effect[WARD]
        pm.Bernoulli("infected", logit_p=eta, observed=INFECTED, dims="patient")
    return model
