"""Lactation milk yield (kg) of cows in 28 herds with parity and somatic cell count, heavy-tailed residuals and herd
effects written directly around their mean."""

import numpy as np
import pymc as pm

ANSWER = None

rng = np.random.default_rng(56)
N_HERD, PER_HERD = 28, 35
HERD = np.repeat(np.arange(N_HERD), PER_HERD)
PARITY = rng.choice([0, 1, 2], HERD.size, p=[0.4, 0.33, 0.27])
LOG_SCC = rng.normal(4.6, 0.9, HERD.size)
_herd = rng.normal(8300, 900, N_HERD)
YIELD = (
    _herd[HERD]
    + np.array([0, 780, 1050])[PARITY]
    - 210 * (LOG_SCC - 4.6)
    + 800 * rng.standard_t(4, HERD.size)
).round()


def build() -> pm.Model:
    with pm.Model(
        coords={"farm": np.arange(N_HERD), "parity": ["1", "2", "3+"], "cow": np.arange(HERD.size)}
    ) as model:
        overall = pm.Normal("overall", 8000.0, 2000.0)
        between = pm.HalfCauchy("between", 1000.0)
        herd = pm.Normal("herd", overall, between, dims="farm")
        later = pm.Normal("later", 0.0, 1000.0, shape=2)
        parity = pm.math.concatenate([np.zeros(1), later])
        scc = pm.Normal("scc", 0.0, 500.0)
        scale = pm.HalfCauchy("scale", 1000.0)
        tails = pm.Gamma("tails", 2.0, 0.1)
        pm.StudentT(
            "milk",
            nu=tails + 1.0,
            mu=herd[HERD] + parity[PARITY] + scc * (LOG_SCC - 4.6),
            sigma=scale,
            observed=YIELD,
            dims="cow",
        )
    return model
