"""Returned orders of stores within regions: the level of the stores is centered, with six orders each.

The lorries' unloading times beside it are sound.
"""

from typing import Literal

import numpy as np
import pymc as pm

ANSWER = {"names": ["store_level", "between_stores"], "cause_class": "a"}

rng = np.random.default_rng(1101)
REGIONS, STORES = 5, 40
region = np.repeat(np.arange(REGIONS), STORES // REGIONS)
logit = -0.4 + rng.normal(0, 0.4, REGIONS)[region] + rng.normal(0, 0.1, STORES)
returned = rng.binomial(6, 1 / (1 + np.exp(-logit)))
pallets = rng.integers(4, 30, 90)
unloading = rng.gamma(8.0, (6 + 1.4 * pallets) / 8.0)


def build(*, written: Literal["faulty", "repaired"] = "faulty") -> pm.Model:
    coords = {"region": list("NESWC"), "store": np.arange(STORES)}
    with pm.Model(coords=coords) as model:
        national = pm.Normal("national", 0, 1)
        between_regions = pm.HalfNormal("between_regions", 0.5)
        region_step = pm.Normal("region_step", 0, 1, dims="region")
        region_level = pm.Deterministic(
            "region_level", national + between_regions * region_step, dims="region"
        )
        between_stores = pm.HalfNormal("between_stores", 0.5, initval=0.3)
        if written == "faulty":
            store_level = pm.Normal("store_level", region_level[region], between_stores, dims="store")
        else:
            store_step = pm.Normal("store_step", 0, 1, dims="store")
            store_level = pm.Deterministic(
                "store_level", region_level[region] + between_stores * store_step, dims="store"
            )
        pm.Binomial("returned", 6, logit_p=store_level, observed=returned, dims="store")

        docking = pm.HalfNormal("docking", 10)
        per_pallet = pm.HalfNormal("per_pallet", 3)
        evenness = pm.Gamma("evenness", 4, 0.5)
        minutes = docking + per_pallet * pallets
        pm.Gamma("unloading", alpha=evenness, beta=evenness / minutes, observed=unloading)
    return model
