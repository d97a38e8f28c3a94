"""Trachoma among children examined in 28 villages of one district: a binomial model with a smooth spatial surface
(Gaussian process over coordinates in km), its range and its amplitude."""

from typing import Literal

import numpy as np
import pymc as pm

ANSWER = {"names": ["surface", "amplitude", "reach"], "cause_class": "a"}

rng = np.random.default_rng(88)
n_villages = 28
xy = rng.uniform(0, 40, size=(n_villages, 2))
examined = rng.integers(10, 22, n_villages)
dist2 = ((xy[:, None, :] - xy[None, :, :]) ** 2).sum(-1)
K = 0.25**2 * np.exp(-0.5 * dist2 / 12.0**2) + 1e-8 * np.eye(n_villages)
logit = -1.1 + np.linalg.cholesky(K) @ rng.normal(size=n_villages)
positive = rng.binomial(examined, 1 / (1 + np.exp(-logit)))


def build(*, written: Literal["faulty", "repaired"] = "faulty") -> pm.Model:
    with pm.Model() as model:
        level = pm.Normal("level", -1, 0.7)
        amplitude = pm.Gamma("amplitude", 2, 10)
        reach = pm.LogNormal("reach", np.log(9), 0.25)
        cov = amplitude**2 * pm.gp.cov.Matern32(2, ls=reach)
        gp = pm.gp.Latent(cov_func=cov)
        surface = gp.prior("surface", X=xy, reparameterize=(written == "repaired"))
        pm.Binomial("positive", n=examined, logit_p=level + surface, observed=positive)
    return model
