"""Length and mass of turtles with LKJ; ages nobody recorded are values of the model, on purpose."""

import numpy as np
import pymc as pm
import pytensor.tensor as pt

ANSWER = None

rng = np.random.default_rng(4108)
N = 110
age = rng.normal(20, 6, N)
lost = rng.random(N) < 0.2
error = rng.multivariate_normal([0, 0], [[1.5**2, 0.6 * 1.5 * 0.8], [0.6 * 1.5 * 0.8, 0.8**2]], N)
size = np.array([24.0, 6.0]) + np.outer(age - 20, [0.5, 0.3]) + error
recorded = np.where(lost, 0.0, age)


def build() -> pm.Model:
    with pm.Model(coords={"trait": ["length", "mass"], "unrecorded": np.flatnonzero(lost)}) as model:
        mean_age = pm.Normal("mean_age", 20, 5)
        spread_age = pm.HalfNormal("spread_age", 10)
        pm.Normal("age", mean_age, spread_age, observed=age[~lost])
        age_unit = pm.Normal("age_unit", 0, 1, dims="unrecorded")
        guessed = pm.Deterministic("guessed", mean_age + spread_age * age_unit, dims="unrecorded")
        full = pt.set_subtensor(pt.as_tensor(recorded)[np.flatnonzero(lost)], guessed)

        at_twenty = pm.Normal("at_twenty", [25, 5], 5, dims="trait")
        per_year = pm.Normal("per_year", 0, 1, dims="trait")
        chol, _, _ = pm.LKJCholeskyCov("chol", n=2, eta=2, sd_dist=pm.Exponential.dist(0.5, shape=2))
        growth = at_twenty + (full[:, None] - 20) * per_year
        pm.MvNormal("size", growth, chol=chol, observed=size)
    return model
