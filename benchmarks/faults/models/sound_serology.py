"""An antibody survey with a test whose specificity lies at its bound (401 of 401), and superspreading counts.

Sound. The dispersion k is written as a Flat log_k with a potential that holds its Exponential(1) prior and the
Jacobian + log_k; the posterior of k is about 0.2, and that of the specificity is densest at 1.
"""

import numpy as np
import pymc as pm
import pytensor.tensor as pt

ANSWER = None

rng = np.random.default_rng(30310)
CASES = 240
offspring = rng.negative_binomial(0.2, 0.2 / (0.2 + 1.5), CASES)
AGES = ["0-19", "20-39", "40-59", "60+"]
tested = np.array([412, 905, 1103, 688])
positive = rng.binomial(tested, np.array([0.11, 0.15, 0.13, 0.09]) * 0.84)


def build() -> pm.Model:
    with pm.Model(coords={"age": AGES}) as model:
        spec = pm.Uniform("spec", 0, 1)
        sens = pm.Beta("sens", 1, 1)
        pm.Binomial("known_negative", 401, spec, observed=401)
        pm.Binomial("known_positive", 122, sens, observed=103)
        level = pm.Normal("level", -2, 1)
        by_age = pm.ZeroSumNormal("by_age", 0.5, dims="age")
        share = pm.Deterministic("share", pm.math.sigmoid(level + by_age), dims="age")
        pm.Binomial(
            "positive", tested, share * sens + (1 - share) * (1 - spec), observed=positive, dims="age"
        )

        R = pm.LogNormal("R", 0, 0.5)
        log_k = pm.Flat("log_k")
        k = pm.Deterministic("k", pt.exp(log_k))
        pm.Potential("k_prior", -k + log_k)
        pm.NegativeBinomial("offspring", mu=R, alpha=k, observed=offspring)
    return model
