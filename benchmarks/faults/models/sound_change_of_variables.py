"""A prior on a rate while its logarithm is sampled: the potential holds the Jacobian."""

import numpy as np
import pymc as pm

ANSWER = None

rng = np.random.default_rng(216)
decays = rng.poisson(4.2 * np.array([1.0, 2.0, 0.5, 1.5]))


def build() -> pm.Model:
    with pm.Model(coords={"sample": list("abcd")}) as model:
        log_rate = pm.Flat("log_rate")
        rate = pm.Deterministic("rate", pm.math.exp(log_rate))
        pm.Potential("rate_prior", pm.logp(pm.Gamma.dist(2, 0.5), rate) + log_rate)
        pm.Poisson("decays", rate * np.array([1.0, 2.0, 0.5, 1.5]), observed=decays, dims="sample")
    return model
