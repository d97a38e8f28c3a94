"""Clinics with a handful of patients each, centered, beside a regression that is sound."""

from typing import Literal

import numpy as np
import pymc as pm

ANSWER = {"names": ["clinic_effect", "between"], "cause_class": "a"}

rng = np.random.default_rng(21)
N_CLINICS = 24
patients = rng.integers(3, 8, N_CLINICS)
cured = rng.binomial(patients, 1 / (1 + np.exp(-rng.normal(0.4, 0.3, N_CLINICS))))
age = rng.normal(0, 1, 150)
dose = 2.0 + 0.7 * age + rng.normal(0, 0.5, 150)


def build(*, written: Literal["faulty", "repaired"] = "faulty") -> pm.Model:
    with pm.Model(coords={"clinic": np.arange(N_CLINICS)}) as model:
        overall = pm.Normal("overall", 0, 1.5)
        between = pm.HalfNormal("between", 1)
        if written == "faulty":
            clinic_effect = pm.Normal("clinic_effect", 0, between, dims="clinic")
        else:
            unit = pm.Normal("unit", 0, 1, dims="clinic")
            clinic_effect = pm.Deterministic("clinic_effect", between * unit, dims="clinic")
        pm.Binomial("cured", patients, logit_p=overall + clinic_effect, observed=cured, dims="clinic")

        dose_coef = pm.Normal("dose_coef", 0, 2, shape=2)
        dose_noise = pm.HalfNormal("dose_noise", 1)
        pm.Normal("dose", dose_coef[0] + dose_coef[1] * age, dose_noise, observed=dose)
    return model
