"""Weekly returns of a small company against the market, Student t with about two degrees of freedom.

Sound, though one week lies forty scales out and nu sits in the lower tail of its usual Gamma(2, 0.1) prior.
"""

import numpy as np
import pymc as pm

ANSWER = None

rng = np.random.default_rng(30319)
W = 260
markt = rng.standard_t(4, W) * 1.6
rendite = 0.15 + 1.3 * markt + 2.1 * rng.standard_t(2.3, W)
umsatz = np.exp(11 + rng.normal(0, 0.7, W))


def build() -> pm.Model:
    with pm.Model(coords={"woche": np.arange(W)}) as model:
        m = pm.Data("m", markt, dims="woche")
        alpha = pm.Normal("alpha", 0, 1)
        beta = pm.Normal("beta", 1, 0.5)
        skala = pm.HalfNormal("skala", 5)
        nu = pm.Gamma("nu", 2, 0.1)
        pm.StudentT("rendite", nu=nu, mu=alpha + beta * m, sigma=skala, observed=rendite, dims="woche")
        pm.Deterministic("alpha_jahr", 52 * alpha)

        u_mu = pm.Normal("u_mu", 10, 2)
        u_sd = pm.HalfNormal("u_sd", 1)
        pm.LogNormal("umsatz", u_mu, u_sd, observed=umsatz, dims="woche")
    return model
