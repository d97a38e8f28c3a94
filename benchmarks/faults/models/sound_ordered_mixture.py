"""Two well separated components whose means are ordered."""

import numpy as np
import pymc as pm

ANSWER = None

rng = np.random.default_rng(206)
size = np.concatenate([rng.normal(-2.0, 0.8, 70), rng.normal(2.5, 1.1, 110)])


def build() -> pm.Model:
    ordered = {"transform": pm.distributions.transforms.ordered, "initval": [-1.5, 1.5]}
    with pm.Model(coords={"grade": ["small", "large"]}) as model:
        centre = pm.Normal("centre", 0, 4, dims="grade", **ordered)
        width = pm.Gamma("width", 8, 8, dims="grade")
        share = pm.Dirichlet("share", np.full(2, 3.0), dims="grade")
        pm.NormalMixture("size", share, centre, width, observed=size)
    return model
