"""Bone mineral density (g/cm2, times 100) of women aged 48 to 83: a polynomial in age with a treatment effect and a
body-mass effect."""

from typing import Literal

import numpy as np
import pymc as pm

ANSWER = {"names": ["intercept", "b_age", "b_age2", "b_age3"], "cause_class": "a"}

rng = np.random.default_rng(90210)
age = rng.uniform(48, 83, 160)
bmi = rng.normal(26, 4, 160)
treated = rng.integers(0, 2, 160)
z = (age - 65) / 10
bmd = 88 - 5 * z - 0.8 * z**2 + 0.6 * z**3 + 3 * treated + 0.4 * (bmi - 26) + 6 * rng.normal(size=160)


def build(*, written: Literal["faulty", "repaired"] = "faulty") -> pm.Model:
    x = age / 10 if written == "faulty" else (age - age.mean()) / 10
    b = bmi if written == "faulty" else bmi - bmi.mean()
    with pm.Model() as model:
        intercept = pm.Normal("intercept", 80, 200)
        b_age = pm.Normal("b_age", 0, 200)
        b_age2 = pm.Normal("b_age2", 0, 50)
        b_age3 = pm.Normal("b_age3", 0, 20)
        b_treat = pm.Normal("b_treat", 0, 5)
        b_bmi = pm.Normal("b_bmi", 0, 2)
        trend = intercept + b_age * x + b_age2 * x**2 + b_age3 * x**3
        sd = pm.HalfNormal("sd", 10)
        pm.Normal("bmd", trend + b_treat * treated + b_bmi * b, sd, observed=bmd)
    return model
