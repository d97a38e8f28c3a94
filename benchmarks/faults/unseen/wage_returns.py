"""Log hourly wages of 400 workers: returns to schooling and experience, a gender gap and an industry effect;
priors carried over from an older program."""

from typing import Literal

import numpy as np
import pymc as pm

ANSWER = {"names": ["beta"], "cause_class": "b"}

rng = np.random.default_rng(1974)
N = 400
schooling, experience = rng.normal(0, 1, N), rng.normal(0, 1, N)
female = rng.integers(0, 2, N) - 0.5
X = np.column_stack([schooling, experience, experience**2 - 1, female])
industry = rng.integers(0, 8, N)
log_wage = 2.9 + X @ np.array([0.25, 0.18, -0.06, -0.2]) + rng.normal(0, 0.12, 8)[industry]
log_wage = log_wage + 0.35 * rng.normal(size=N)


def build(*, written: Literal["faulty", "repaired"] = "faulty") -> pm.Model:
    vague = 0.0001  # beta ~ dnorm(0, 0.0001)
    coords = {"x": ["schooling", "experience", "experience2", "female"], "industry": range(8)}
    with pm.Model(coords=coords) as model:
        alpha = pm.Normal("alpha", 3, 1)
        sd = vague if written == "faulty" else 1.0
        beta = pm.Normal("beta", 0, sd, dims="x")
        tau_industry = pm.Gamma("tau_industry", 3, 0.1)
        u = pm.Normal("u", 0, 1, dims="industry")
        sigma = pm.HalfNormal("sigma", 1)
        mean = alpha + X @ beta + u[industry] / pm.math.sqrt(tau_industry)
        pm.Normal("log_wage", mean, sigma, observed=log_wage)
    return model
