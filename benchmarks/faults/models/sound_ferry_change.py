"""Daily complaints at a ferry change at an unknown day, summed over; ticket sales in large units stand beside."""

import numpy as np
import pymc as pm
import pytensor.tensor as pt

ANSWER = None

rng = np.random.default_rng(4103)
DAYS = 70
daily = rng.poisson(np.where(np.arange(DAYS) < 43, 3.0, 7.5))
income = rng.normal(4.2e6, 3.5e5, 52)


def build() -> pm.Model:
    with pm.Model(coords={"day": np.arange(1, DAYS), "week": np.arange(52)}) as model:
        usual = pm.Exponential("usual", 0.2)
        later = pm.Exponential("later", 0.2)
        old = pt.cumsum(pm.logp(pm.Poisson.dist(usual), daily))
        new = pt.cumsum(pm.logp(pm.Poisson.dist(later), daily)[::-1])[::-1]
        per_day = old[:-1] + new[1:] - np.log(DAYS - 1)
        pm.Deterministic("when", pt.exp(per_day - pt.logsumexp(per_day)), dims="day")
        pm.Potential("complaints", pt.logsumexp(per_day))

        mean_income = pm.Normal("mean_income", 4e6, 1e6)
        spread_income = pm.HalfNormal("spread_income", 1e6)
        pm.Normal("income", mean_income, spread_income, observed=income, dims="week")
    return model
