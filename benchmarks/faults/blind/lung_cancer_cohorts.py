"""Lung cancer deaths by five-year age group and calendar period, with person-years at risk: Poisson regression on
age, period and birth-cohort effects with region-wide registration noise."""

from typing import Literal

import numpy as np
import pymc as pm
import pytensor.tensor as pt

ANSWER = {"names": ["age", "period", "cohort", "intercept"], "cause_class": "a"}

rng = np.random.default_rng(1950)
N_AGE, N_PERIOD = 9, 7
N_COHORT = N_AGE + N_PERIOD - 1
AGE, PERIOD = (g.ravel() for g in np.meshgrid(np.arange(N_AGE), np.arange(N_PERIOD), indexing="ij"))
COHORT = PERIOD - AGE + N_AGE - 1
PERSON_YEARS = rng.uniform(0.8, 2.5, AGE.size) * np.exp(-0.08 * AGE)  # in 100 000 person-years

_age = np.array([-2.1, -1.3, -0.6, -0.1, 0.4, 0.75, 0.95, 1.05, 0.95])
_period = np.array([-0.15, -0.05, 0.02, 0.1, 0.1, 0.03, -0.05])
_cohort = 0.35 * np.sin(np.linspace(-0.5, 3.3, N_COHORT)) - 0.2
DEATHS = rng.poisson(PERSON_YEARS * np.exp(4.6 + _age[AGE] + _period[PERIOD] + _cohort[COHORT]))

# curvature of the birth cohorts: an orthonormal basis free of level and linear drift
_poly = np.vander(np.arange(N_COHORT) - (N_COHORT - 1) / 2, 2)
CURVE = np.linalg.svd(_poly, full_matrices=True)[0][:, 2:]


def build(*, written: Literal["faulty", "repaired"] = "faulty") -> pm.Model:
    coords = {
        "age_group": 40 + 5 * np.arange(N_AGE),
        "calendar": 1960 + 5 * np.arange(N_PERIOD),
        "birth": 1960 - 80 + 5 * np.arange(N_COHORT),
        "cell": np.arange(AGE.size),
    }
    with pm.Model(coords=coords) as model:
        if written == "faulty":
            intercept = pm.Normal("intercept", 4.0, 2.0)
            age = pm.Normal("age", 0.0, 2.0, dims="age_group")
            period = pm.Normal("period", 0.0, 2.0, dims="calendar")
            cohort = pm.Normal("cohort", 0.0, 2.0, dims="birth")
        else:
            intercept = pm.Normal("intercept", 4.0, 2.0)
            age = pm.ZeroSumNormal("age", 2.0, dims="age_group")
            period = pm.ZeroSumNormal("period", 2.0, dims="calendar")
            bend = pm.Normal("bend", 0.0, 2.0, shape=N_COHORT - 2)
            cohort = pm.Deterministic("cohort", pt.dot(CURVE, bend), dims="birth")
        log_rate = intercept + age[AGE] + period[PERIOD] + cohort[COHORT]
        pm.Poisson("deaths", PERSON_YEARS * pt.exp(log_rate), observed=DEATHS, dims="cell")
    return model
