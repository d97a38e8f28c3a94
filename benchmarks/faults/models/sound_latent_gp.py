"""A latent Gaussian process over 25 points through the Cholesky factor of its kernel."""

import numpy as np
import pymc as pm
import pytensor.tensor as pt

ANSWER = None

rng = np.random.default_rng(205)
N = 25
hour = np.linspace(0, 10, N)
arrivals = rng.poisson(np.exp(1.5 + np.sin(hour)))
squared = (hour[:, None] - hour) ** 2


def build() -> pm.Model:
    with pm.Model(coords={"hour": hour}) as model:
        amplitude = pm.LogNormal("amplitude", 0, 0.2)
        lengthscale = pm.LogNormal("lengthscale", 0.5, 0.15)
        kernel = amplitude**2 * pt.exp(-0.5 * squared / lengthscale**2) + 1e-4 * np.eye(N)
        unit = pm.Normal("unit", 0, 1, dims="hour")
        curve = pm.Deterministic("curve", pt.dot(pt.linalg.cholesky(kernel), unit), dims="hour")
        level = pm.Normal("level", 1.5, 1)
        pm.Poisson("arrivals", pt.exp(level + curve), observed=arrivals, dims="hour")
    return model
