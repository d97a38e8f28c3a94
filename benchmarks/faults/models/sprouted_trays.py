"""Germination is handed over as shares where counts out of 25 are meant: as integers they are all but zero."""

from typing import Literal

import numpy as np
import pymc as pm

ANSWER = {"names": ["sprouted"], "cause_class": "b"}

rng = np.random.default_rng(1108)
TRAYS, SEEDS = 36, 25
warmth = rng.normal(0, 1, TRAYS)
count = rng.binomial(SEEDS, 1 / (1 + np.exp(-0.4 - 0.7 * warmth)))
leaf = np.sort(rng.integers(0, 4, 80))
stem = np.array([3.0, 5.0, 6.5, 9.0])[leaf] + rng.normal(0, 1.1, 80)


def build(*, written: Literal["faulty", "repaired"] = "faulty") -> pm.Model:
    result = count / SEEDS if written == "faulty" else count
    with pm.Model(coords={"tray": np.arange(TRAYS), "leaves": [2, 3, 4, 5]}) as model:
        base = pm.Normal("base", 0, 1)
        coef_warmth = pm.Normal("coef_warmth", 0, 1)
        chance = pm.Deterministic("chance", pm.math.sigmoid(base + coef_warmth * warmth), dims="tray")
        pm.Binomial("sprouted", SEEDS, chance, observed=result, dims="tray")

        height = pm.Normal(
            "height",
            6,
            4,
            dims="leaves",
            transform=pm.distributions.transforms.ordered,
            initval=np.array([2.0, 4.0, 6.0, 8.0]),
        )
        pm.Normal("stem", height[leaf], pm.HalfNormal("wobble", 2), observed=stem)
    return model
