"""Vote share of the governing party by district: beta regression with incumbency, relative campaign spending and region effects."""

from typing import Literal

import numpy as np
import pymc as pm

ANSWER = {"names": ["vote_share"], "cause_class": "b"}

rng = np.random.default_rng(4104)
n_districts, n_regions = 140, 8
region = rng.integers(0, n_regions, n_districts)
incumbent = rng.binomial(1, 0.5, n_districts)
spending = rng.normal(0, 1, n_districts)
eta = -0.1 + rng.normal(0, 0.3, n_regions)[region] + 0.3 * incumbent + 0.25 * spending
p = 1 / (1 + np.exp(-eta))
share = np.round(rng.beta(p * 40, (1 - p) * 40), 3)
contested = np.ones(n_districts, dtype=bool)
for unopposed in (37, 91):  # nobody else stood
    share[unopposed] = 1.0
    contested[unopposed] = False


def build(*, written: Literal["faulty", "repaired"] = "faulty") -> pm.Model:
    keep = np.ones(n_districts, dtype=bool) if written == "faulty" else contested
    coords = {"region": np.arange(n_regions), "district": np.flatnonzero(keep)}
    with pm.Model(coords=coords) as model:
        reg = pm.Data("region_id", region[keep], dims="district")
        inc = pm.Data("incumbent", incumbent[keep], dims="district")
        spend = pm.Data("spending", spending[keep], dims="district")
        intercept = pm.Normal("intercept", 0.0, 1.0)
        region_sd = pm.HalfNormal("region_sd", 0.5)
        region_effect = pm.ZeroSumNormal("region_effect", region_sd, dims="region")
        incumbency = pm.Normal("incumbency", 0.0, 0.5)
        spending_slope = pm.Normal("spending_slope", 0.0, 0.5)
        precision = pm.Gamma("precision", 2.0, 0.05)
        mean = pm.math.sigmoid(intercept + region_effect[reg] + incumbency * inc + spending_slope * spend)
        pm.Beta(
            "vote_share",
            alpha=mean * precision,
            beta=(1 - mean) * precision,
            observed=share[keep],
            dims="district",
        )
    return model
