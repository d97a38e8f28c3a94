"""Soil CO2 flux along a 50 m transect: a smooth Gaussian process integrated out analytically, with length scale,
amplitude, mean and measurement noise."""

import numpy as np
import pymc as pm

ANSWER = None

rng = np.random.default_rng(271)
position = np.linspace(0, 50, 45)[:, None]
_d = position - position.T
_k = 1.2**2 * np.exp(-0.5 * (_d / 6.0) ** 2) + 1e-9 * np.eye(45)
flux = 4.0 + np.linalg.cholesky(_k) @ rng.normal(size=45) + 0.4 * rng.normal(size=45)


def build() -> pm.Model:
    with pm.Model() as transect:
        ell = pm.InverseGamma("ell", alpha=4, beta=20)
        eta = pm.HalfNormal("eta", sigma=2)
        centre = pm.Normal("centre", mu=4, sigma=2)
        gp = pm.gp.Marginal(
            mean_func=pm.gp.mean.Constant(centre), cov_func=eta**2 * pm.gp.cov.ExpQuad(1, ls=ell)
        )
        noise = pm.HalfNormal("noise", sigma=1)
        gp.marginal_likelihood("flux", X=position, y=flux, sigma=noise)
    return transect
