"""Bicycle counts by hour of the week, as logs: Gaussian process with ten inducing points (FITC)."""

import numpy as np
import pymc as pm

ANSWER = None

rng = np.random.default_rng(41)
hour = np.sort(rng.uniform(0, 10, 160))[:, None]
signal = 1.2 * np.sin(1.3 * hour[:, 0]) + 0.5 * np.cos(2.1 * hour[:, 0])
log_count = signal + rng.normal(0, 0.35, 160)
points = np.linspace(0.5, 9.5, 10)[:, None]


def build() -> pm.Model:
    with pm.Model() as model:
        scale = pm.InverseGamma("scale", 5, 6)
        height = pm.HalfNormal("height", 2)
        noise = pm.HalfNormal("noise", 1)
        cov = height**2 * pm.gp.cov.ExpQuad(1, ls=scale)
        gp = pm.gp.MarginalApprox(cov_func=cov, approx="FITC")
        gp.marginal_likelihood("log_count", X=hour, Xu=points, y=log_count, sigma=noise)
    return model
