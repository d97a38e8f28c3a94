"""Monthly food spending of households (hundreds of euros) on income and household size, by region,
normal after a power (Box-Cox) transformation that is estimated too."""

from typing import Literal

import numpy as np
import pymc as pm
import pytensor.tensor as pt

ANSWER = {"names": ["power", "spending_loglik"], "cause_class": "c"}

rng = np.random.default_rng(4107)
n, n_regions = 350, 9
region = rng.integers(0, n_regions, n)
log_income = rng.normal(0, 0.6, n)
size = rng.integers(1, 6, n)
z = 2.0 + rng.normal(0, 0.25, n_regions)[region] + 0.6 * log_income + 0.3 * (size - 3) + rng.normal(0, 0.6, n)
spending = (0.35 * z + 1) ** (1 / 0.35)  # power 0.35


def build(*, written: Literal["faulty", "repaired"] = "faulty") -> pm.Model:
    coords = {"region": np.arange(n_regions), "household": np.arange(n)}
    with pm.Model(coords=coords) as model:
        y = pm.Data("spending", spending, dims="household")
        power = pm.Uniform("power", -1.0, 2.0)
        intercept = pm.Normal("intercept", 0.0, 10.0)
        income_slope = pm.Normal("income_slope", 0.0, 5.0)
        size_slope = pm.Normal("size_slope", 0.0, 5.0)
        region_sd = pm.HalfNormal("region_sd", 0.5)
        region_effect = pm.ZeroSumNormal("region_effect", region_sd, dims="region")
        sigma = pm.HalfNormal("sigma", 5.0)
        mu = intercept + income_slope * log_income + size_slope * (size - 3) + region_effect[region]
        transformed = (y**power - 1) / power
        loglik = pm.logp(pm.Normal.dist(mu, sigma), transformed)
        if written == "repaired":
            loglik = loglik + (power - 1) * pt.log(y)
        pm.Potential("spending_loglik", loglik, dims="household")
    return model
