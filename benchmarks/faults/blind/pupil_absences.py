"""Days of absence of a sample of pupils in a school district: zero-inflated negative binomial with school effects,
free-meal status and distance to school."""

from typing import Literal

import numpy as np
import pymc as pm
import pytensor.tensor as pt

ANSWER = {"names": ["absences"], "cause_class": "c"}

rng = np.random.default_rng(4108)
n, n_schools, n_district = 450, 18, 14_500
school = rng.integers(0, n_schools, n)
free_meal = rng.binomial(1, 0.3, n)
distance = rng.normal(0, 1, n)
mu_true = np.exp(1.4 + rng.normal(0, 0.3, n_schools)[school] + 0.35 * free_meal + 0.12 * distance)
days = rng.negative_binomial(2.5, 2.5 / (2.5 + mu_true)) * rng.binomial(1, 0.8, n)


def build(*, written: Literal["faulty", "repaired"] = "faulty") -> pm.Model:
    coords = {"school": np.arange(n_schools), "pupil": np.arange(n)}
    with pm.Model(coords=coords) as model:
        intercept = pm.Normal("intercept", 1.0, 1.0)
        school_sd = pm.HalfNormal("school_sd", 0.5)
        school_effect = pm.ZeroSumNormal("school_effect", school_sd, dims="school")
        free_meal_effect = pm.Normal("free_meal_effect", 0.0, 0.5)
        distance_slope = pm.Normal("distance_slope", 0.0, 0.5)
        attending = pm.Beta("attending", 4.0, 2.0)
        dispersion = pm.Gamma("dispersion", 2.0, 0.5)
        mu = pt.exp(
            intercept + school_effect[school] + free_meal_effect * free_meal + distance_slope * distance
        )
        pm.ZeroInflatedNegativeBinomial(
            "absences",
            psi=attending,
            mu=mu,
            alpha=dispersion,
            observed=days,
            dims="pupil",
            total_size=n_district if written == "faulty" else None,
        )
    return model
