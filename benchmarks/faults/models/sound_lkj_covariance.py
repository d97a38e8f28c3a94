"""The covariance of three traits under an LKJ prior."""

import numpy as np
import pymc as pm

ANSWER = None

rng = np.random.default_rng(207)
true = np.array([[1.0, 0.6, -0.3], [0.6, 1.5, 0.1], [-0.3, 0.1, 0.7]])
traits = rng.multivariate_normal([1.0, 2.0, 0.0], true, 150)


def build() -> pm.Model:
    with pm.Model(coords={"trait": ["beak", "wing", "tail"]}) as model:
        mean = pm.Normal("mean", 0, 3, dims="trait")
        chol, _, _ = pm.LKJCholeskyCov("chol", n=3, eta=2, sd_dist=pm.HalfNormal.dist(2, shape=3))
        pm.MvNormal("traits", mean, chol=chol, observed=traits)
    return model
