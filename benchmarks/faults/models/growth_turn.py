"""Growth that slows at an unknown week: the second line starts anew instead of where the first one ended."""

from typing import Literal

import numpy as np
import pymc as pm

ANSWER = {"names": ["weight"], "cause_class": "c"}

rng = np.random.default_rng(1112)
N = 80
week = np.sort(rng.uniform(0, 30, N))
weight = 2.0 + 0.5 * np.minimum(week, 13.0) + 0.1 * np.maximum(week - 13.0, 0) + rng.normal(0, 0.5, N)
litter = rng.binomial(12, 0.45, 40)


def build(*, written: Literal["faulty", "repaired"] = "faulty") -> pm.Model:
    with pm.Model(coords={"animal": np.arange(N)}) as model:
        age = pm.Data("age", week, dims="animal")
        birth = pm.Normal("birth", 2, 1)
        early = pm.Normal("early", 0.5, 0.3)
        late = pm.Normal("late", 0.2, 0.3)
        turn = pm.Normal("turn", 14, 4)
        joined = birth + early * turn if written == "repaired" else pm.Normal("weaned", 7, 3)
        second = joined + late * (age - turn)
        mean = pm.math.switch(age < turn, birth + early * age, second)
        mean = pm.Deterministic("mean", mean, dims="animal")
        pm.Normal("weight", mean, pm.HalfNormal("spread", 1), observed=weight, dims="animal")

        male = pm.Beta("male", 5, 5)
        pm.Binomial("litter", 12, male, observed=litter)
    return model
