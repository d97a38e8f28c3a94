"""Surge and rainfall of storms: Weibull and exponential margins tied by a Clayton copula written out."""

import numpy as np
import pymc as pm
import pytensor.tensor as pt

ANSWER = None

rng = np.random.default_rng(4106)
N = 180
common = rng.gamma(1 / 1.5, 1, N)
u, v = (1 + rng.exponential(1, (2, N)) / common) ** (-1 / 1.5)
surge = 1.4 * (-np.log1p(-u)) ** (1 / 2.2)
rain = -18.0 * np.log1p(-v)


def build() -> pm.Model:
    with pm.Model(coords={"storm": np.arange(N)}) as model:
        surge_shape = pm.Gamma("surge_shape", 4, 2)
        surge_scale = pm.LogNormal("surge_scale", 0, 0.5)
        mean_rain = pm.LogNormal("mean_rain", 3, 0.5)
        pm.Weibull("surge", surge_shape, surge_scale, observed=surge, dims="storm")
        pm.Exponential("rain", 1 / mean_rain, observed=rain, dims="storm")

        bond = pm.Gamma("bond", 2, 1)
        below = pt.clip(-pt.expm1(-((surge / surge_scale) ** surge_shape)), 1e-12, 1)
        log_u, log_v = pt.log(below), pt.log(-pt.expm1(-rain / mean_rain))
        inner = pt.log(pt.exp(-bond * log_u) + pt.exp(-bond * log_v) - 1)
        pm.Potential(
            "together", (pt.log1p(bond) - (1 + bond) * (log_u + log_v) - (2 + 1 / bond) * inner).sum()
        )
    return model
