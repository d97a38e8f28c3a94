"""A count model of one's own whose gamma functions are written out: from 171 on they overflow."""

from typing import Literal

import numpy as np
import pymc as pm
import pytensor.tensor as pt

ANSWER = {"names": ["eggs"], "cause_class": "c"}

rng = np.random.default_rng(4206)
NESTS = 80
food = rng.normal(0, 1, NESTS)
laid = rng.poisson(rng.gamma(12, np.exp(4.35 + 0.2 * food) / 12))
weight = rng.normal(58, 4, 60)


def build(*, written: Literal["faulty", "repaired"] = "faulty") -> pm.Model:
    def log_counts(value, mean, clumping):
        if written == "faulty":
            ways = pt.log(pt.gamma(value + clumping) / (pt.gamma(clumping) * pt.gamma(value + 1)))
        else:
            ways = pt.gammaln(value + clumping) - pt.gammaln(clumping) - pt.gammaln(value + 1)
        return (
            ways + value * pt.log(mean / (mean + clumping)) + clumping * pt.log(clumping / (mean + clumping))
        )

    with pm.Model(coords={"nest": np.arange(NESTS)}) as model:
        base = pm.Normal("base", 4, 1)
        per_food = pm.Normal("per_food", 0, 0.5)
        clumping = pm.Gamma("clumping", 3, 0.2)
        expected = pm.Deterministic("expected", pm.math.exp(base + per_food * food), dims="nest")
        pm.CustomDist("eggs", expected, clumping, logp=log_counts, observed=laid, dims="nest")

        typical = pm.Normal("typical", 60, 5)
        scatter = pm.HalfNormal("scatter", 5)
        pm.Normal("egg_weight", typical, scatter, observed=weight)
    return model
