"""Ponds with and without newts, searched five times: whether a pond has any is a variable of its own, fixed where some were seen."""

import numpy as np
import pymc as pm

ANSWER = None

rng = np.random.default_rng(5202)
PONDS = 60
there = rng.binomial(1, 0.6, PONDS)
seen = rng.binomial(5, 0.3 * there)


def build() -> pm.Model:
    with pm.Model(coords={"pond": np.arange(PONDS)}) as model:
        share = pm.Beta("share", 1, 1)
        found = pm.Beta("found", 1, 1)
        newts = pm.Bernoulli("newts", share, initval=(seen > 0).astype(int), dims="pond")
        pm.Binomial("seen", 5, found * newts, observed=seen, dims="pond")
    return model
