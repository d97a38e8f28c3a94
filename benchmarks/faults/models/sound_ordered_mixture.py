"""Three well separated components whose means are ordered."""

import numpy as np
import pymc as pm

ANSWER = None

rng = np.random.default_rng(206)
size = np.concatenate([rng.normal(m, 0.8, 60) for m in (-5.0, 0.0, 6.0)])


def build() -> pm.Model:
    with pm.Model(coords={"grade": ["S", "M", "L"]}) as model:
        centre = pm.Normal(
            "centre",
            0,
            6,
            dims="grade",
            transform=pm.distributions.transforms.ordered,
            initval=[-4.0, 0.0, 4.0],
        )
        width = pm.Gamma("width", 4, 4, dims="grade")
        share = pm.Dirichlet("share", np.full(3, 3.0), dims="grade")
        pm.NormalMixture("size", share, centre, width, observed=size)
    return model
