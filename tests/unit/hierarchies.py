"""Textbook models whose fault is known: what the search must name, and what it must not."""

import numpy as np
import pymc as pm

COUNTIES = 30


def radon() -> pm.Model:
    """Centered varying intercepts of 30 counties: the funnel is that of `sigma_a` and `a`, and non-centering `a` cures it."""
    rng = np.random.default_rng(7)
    county = np.repeat(np.arange(COUNTIES), rng.integers(1, 8, COUNTIES))
    floor = rng.integers(0, 2, county.size)
    level = (1.4 + 0.15 * rng.normal(size=COUNTIES))[county]
    measured = level - 0.6 * floor + 0.75 * rng.normal(size=county.size)
    coords = {"county": [f"county {j}" for j in range(COUNTIES)], "house": np.arange(county.size)}
    with pm.Model(coords=coords) as model:
        mu_a, sigma_a = pm.Normal("mu_a", 0, 5), pm.HalfNormal("sigma_a", 1)
        a = pm.Normal("a", mu_a, sigma_a, dims="county")
        slope, noise = pm.Normal("slope", 0, 2), pm.HalfNormal("noise", 1)
        pm.Normal("log_radon", a[county] + slope * floor, noise, observed=measured, dims="house")
    return model


def separated() -> pm.Model:
    """Two classes that one predictor parts, under heavy-tailed priors: no likelihood puts an end to `base` and `potency`."""
    rng = np.random.default_rng(23)
    dose, other = rng.normal(size=(2, 60))
    with pm.Model() as model:
        base, potency, side = (
            pm.Cauchy("base", 0, 10),
            pm.Cauchy("potency", 0, 2.5),
            pm.Cauchy("side", 0, 2.5),
        )
        logit = base + potency * dose + side * other
        pm.Bernoulli("alive", logit_p=logit, observed=(dose > 0.2).astype(int))
    return model


def translated() -> pm.Model:
    """Eight schools, the effects declared standard normal; a potential adds their true density and takes that away again."""
    y, sd = [28.0, 8.0, -3.0, 7.0, -1.0, 1.0, 18.0, 12.0], [15.0, 10.0, 16.0, 11.0, 9.0, 11.0, 10.0, 18.0]
    with pm.Model() as model:
        mu, tau = pm.Normal("mu", 0, 5), pm.HalfCauchy("tau", 5)
        theta = pm.Normal("theta", 0, 1, shape=8)
        true, declared = (pm.Normal.dist(*about, shape=8) for about in ((mu, tau), (0, 1)))
        pm.Potential("prior_of_theta", (pm.logp(true, theta) - pm.logp(declared, theta)).sum())
        pm.Normal("y", theta, sd, observed=y)
    return model
