"""Counts along a shore with a conditional autoregression: its level mixes slowest, beside the intercept, and well enough."""

import numpy as np
import pymc as pm

ANSWER = None

rng = np.random.default_rng(277)
N = 30
neighbours = np.eye(N, k=1) + np.eye(N, k=-1)
nests = rng.poisson(np.exp(1 + 0.6 * np.sin(np.arange(N) / 4)))


def build() -> pm.Model:
    with pm.Model() as model:
        base = pm.Normal("base", 0, 2)
        precision = pm.Gamma("precision", 2, 2)
        closeness = pm.Beta("closeness", 3, 1)
        stretch = pm.CAR("stretch", mu=np.zeros(N), W=neighbours, alpha=closeness, tau=precision)
        pm.Poisson("nests", pm.math.exp(base + stretch), observed=nests)
    return model
