"""Perch of a lake: two well-separated age classes (ordered mixture), mercury below a detection limit, diet shares.

Sound. About half of the mercury values stand at the limit and are censored, and one prey was never found.
"""

import numpy as np
import pymc as pm
import pytensor.tensor as pt

ANSWER = None

rng = np.random.default_rng(30311)
N = 130
cm = np.where(rng.uniform(size=N) < 0.6, rng.normal(9.2, 0.9, N), rng.normal(16.1, 1.3, N))
LIMIT = np.log(0.05)
M = 90
kg = rng.normal(0, 1, M)
log_hg = np.maximum(-2.8 + 0.4 * kg + rng.normal(0, 0.6, M), LIMIT)
prey = np.array([61, 24, 11, 2, 0])
PREYS = ["zooplankton", "insects", "fish", "crayfish", "leech"]


def build() -> pm.Model:
    with pm.Model(coords={"cohort": ["young", "old"], "prey": PREYS, "sample": np.arange(M)}) as model:
        w = pm.Beta("w", 3, 3)
        middle = pm.Normal(
            "middle",
            np.array([9.0, 16.0]),
            2,
            transform=pm.distributions.transforms.ordered,
            initval=np.array([9.0, 16.0]),
            dims="cohort",
        )
        width = pm.LogNormal("width", 0, 0.3, dims="cohort")
        pm.NormalMixture("cm", w=pt.stack([w, 1 - w]), mu=middle, sigma=width, observed=cm)

        h0 = pm.Normal("h0", -3, 1)
        h1 = pm.Normal("h1", 0, 0.5)
        hs = pm.HalfNormal("hs", 1)
        latent = pm.Normal.dist(h0 + h1 * kg, hs)
        pm.Censored("log_hg", latent, lower=LIMIT, upper=None, observed=log_hg, dims="sample")

        diet = pm.Dirichlet("diet", np.ones(5), dims="prey")
        pm.Multinomial("eaten", n=prey.sum(), p=diet, observed=prey, dims="prey")
    return model
