"""Ten strongly correlated values, a multivariate normal with correlation 0.9."""

import numpy as np
import pymc as pm

ANSWER = None

N = 10
covariance = 0.1 * np.eye(N) + 0.9


def build() -> pm.Model:
    with pm.Model() as model:
        position = pm.MvNormal("position", mu=np.zeros(N), cov=covariance)
        pm.Normal("total", position.mean(), 0.5, observed=0.8)
    return model
