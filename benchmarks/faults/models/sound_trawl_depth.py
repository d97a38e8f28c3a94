"""Overdispersed catches along a depth gradient, a latent Gaussian process with a known length; salinity beside."""

import numpy as np
import pymc as pm

ANSWER = None

rng = np.random.default_rng(4111)
DEPTHS = np.linspace(20, 500, 28)
true = 2.6 + 1.0 * np.sin(DEPTHS / 90)
hauls = np.repeat(np.arange(28), 3)
swept = rng.uniform(0.5, 2, hauls.size)
fish = rng.poisson(rng.gamma(3.0, swept * np.exp(true[hauls]) / 3.0))
psu = 33 + 0.004 * DEPTHS + 0.2 * rng.standard_t(4, 28)


def build() -> pm.Model:
    with pm.Model(coords={"depth": DEPTHS, "haul": np.arange(hauls.size)}) as model:
        amplitude = pm.LogNormal("amplitude", 0, 0.5)
        process = pm.gp.Latent(cov_func=amplitude**2 * pm.gp.cov.Matern52(1, ls=80.0))
        gradient = process.prior("gradient", DEPTHS[:, None], dims="depth")
        base = pm.Normal("base", 2, 1.5)
        clumping = pm.LogNormal("clumping", 1, 0.7)
        density = pm.Deterministic("density", pm.math.exp(base + gradient[hauls]), dims="haul")
        pm.NegativeBinomial("catch", mu=density * swept, alpha=clumping, observed=fish, dims="haul")

        surface = pm.Normal("surface", 33, 1)
        per_metre = pm.Normal("per_metre", 0, 0.01)
        drift = pm.HalfNormal("drift", 0.5)
        pm.StudentT(
            "salinity", nu=4, mu=surface + per_metre * DEPTHS, sigma=drift, observed=psu, dims="depth"
        )
    return model
