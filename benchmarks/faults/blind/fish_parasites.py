"""Parasites on fish from six lakes: whether any (hurdle), and how many if any (negative binomial)."""

from typing import Literal

import numpy as np
import pymc as pm

ANSWER = {"names": ["any_lake"], "cause_class": "b"}

rng = np.random.default_rng(21)
lake = np.repeat(np.arange(6), 30)
length = rng.normal(0, 1, 180)
infected = rng.random(180) < np.array([0.4, 0.6, 0.5, 1.0, 0.7, 0.3])[lake]
counts = np.where(infected, 1 + rng.negative_binomial(2, 2 / (2 + np.exp(1.2 + 0.3 * length))), 0)


def build(*, written: Literal["faulty", "repaired"] = "faulty") -> pm.Model:
    with pm.Model(coords={"lake": list("ABCDEF"), "fish": np.arange(180)}) as model:
        any_lake = (
            pm.Flat("any_lake", dims="lake")
            if written == "faulty"
            else pm.Normal("any_lake", 0, 2, dims="lake")
        )
        any_length = pm.Flat("any_length")
        many_lake = pm.Normal("many_lake", 0, 2, dims="lake")
        many_length = pm.Normal("many_length", 0, 1)
        dispersion = pm.Gamma("dispersion", 2, 0.5)
        pm.HurdleNegativeBinomial(
            "counts",
            psi=pm.math.invlogit(any_lake[lake] + any_length * length),
            mu=pm.math.exp(many_lake[lake] + many_length * length),
            alpha=dispersion,
            observed=counts,
            dims="fish",
        )
    return model
