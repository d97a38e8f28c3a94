"""Varying intercepts and slopes, centered, with few observations per school; a regression on other data is sound."""

from typing import Literal

import numpy as np
import pymc as pm

ANSWER = {"names": ["effects", "chol"], "cause_class": "a"}

rng = np.random.default_rng(32)
N_SCHOOLS, N_EACH = 30, 3
school = np.repeat(np.arange(N_SCHOOLS), N_EACH)
hours = rng.normal(0, 1, school.size)
score = 0.3 + 0.5 * hours + rng.normal(0, 0.15, N_SCHOOLS)[school] + rng.normal(0, 1, school.size)
income = rng.normal(0, 1, 120)
spending = 1.0 + 0.8 * income + rng.normal(0, 0.4, 120)


def build(*, written: Literal["faulty", "repaired"] = "faulty") -> pm.Model:
    with pm.Model(coords={"school": np.arange(N_SCHOOLS), "term": ["intercept", "slope"]}) as model:
        average = pm.Normal("average", 0, 1, dims="term")
        chol, _, _ = pm.LKJCholeskyCov("chol", n=2, eta=4, sd_dist=pm.LogNormal.dist(-1, 0.7, shape=2))
        if written == "faulty":
            effects = pm.MvNormal("effects", mu=np.zeros(2), chol=chol, dims=("school", "term"))
        else:
            unit = pm.Normal("unit", 0, 1, dims=("school", "term"))
            effects = pm.Deterministic("effects", pm.math.dot(unit, chol.T), dims=("school", "term"))
        line = average + effects
        pm.Normal(
            "score", line[school, 0] + line[school, 1] * hours, pm.HalfNormal("noise", 1), observed=score
        )

        budget = pm.Normal("budget", 0, 2, shape=2)
        pm.Normal("spending", budget[0] + budget[1] * income, pm.HalfNormal("rest", 1), observed=spending)
    return model
