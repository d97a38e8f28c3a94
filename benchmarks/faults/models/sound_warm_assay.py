"""Reaction rates against warmth in degrees with free Student-t noise, and six additives of which few matter."""

import numpy as np
import pymc as pm

ANSWER = None

rng = np.random.default_rng(4105)
N = 160
ADDITIVES = ["salt", "zinc", "urea", "borate", "tween", "copper"]
celsius = rng.uniform(40, 95, N)
mixture = rng.normal(0, 1, (N, 6))
rate = -4 + 0.25 * celsius + mixture @ [0, 0, 1.8, 0, 0, -6.0] + 1.2 * rng.standard_t(3.5, N)


def build() -> pm.Model:
    with pm.Model(coords={"substance": ADDITIVES, "run": np.arange(N)}) as model:
        dose = pm.Data("dose", mixture, dims=("run", "substance"))
        at_zero = pm.Normal("at_zero", 0, 10)
        per_degree = pm.Normal("per_degree", 0, 0.5)
        additive = pm.StudentT("additive", nu=3, mu=0, sigma=1.5, dims="substance")
        noise = pm.HalfNormal("noise", 3)
        dof = pm.Gamma("dof", 2, 0.1)
        expected = pm.Deterministic(
            "expected", at_zero + per_degree * celsius + pm.math.dot(dose, additive), dims="run"
        )
        pm.StudentT("rate", nu=dof, mu=expected, sigma=noise, observed=rate, dims="run")
    return model
