"""A marginal Gaussian process: an N by N kernel that is meant to be one."""

import numpy as np
import pymc as pm
import pytensor.tensor as pt

ANSWER = None

rng = np.random.default_rng(221)
N = 50
place = np.sort(rng.uniform(0, 10, N))
ore = 2 + np.sin(place) + rng.normal(0, 0.3, N)
distance = np.abs(place[:, None] - place[None, :])


def build() -> pm.Model:
    with pm.Model() as model:
        mean = pm.Normal("mean", 2, 1)
        sill = pm.LogNormal("sill", 0, 0.4)
        reach = pm.LogNormal("reach", 0.7, 0.4)
        nugget = pm.HalfNormal("nugget", 0.5)
        covariance = sill**2 * pt.exp(-((distance / reach) ** 2) / 2) + nugget**2 * np.eye(N)
        pm.MvNormal("ore", pt.full(N, mean), cov=covariance, observed=ore)
    return model
