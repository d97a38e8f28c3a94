"""Two components with one prior for both means: the labels can switch, and chains settle on either labelling."""

from typing import Literal

import numpy as np
import pymc as pm

ANSWER = {"names": ["mu"], "cause_class": "a"}

rng = np.random.default_rng(7)
y = np.concatenate([rng.normal(-2.0, 1.0, 110), rng.normal(3.0, 1.0, 90)])


def build(*, written: Literal["faulty", "repaired"] = "faulty") -> pm.Model:
    with pm.Model(coords={"cluster": ["first", "second"]}) as model:
        if written == "faulty":
            mu = pm.Normal("mu", 0, 5, dims="cluster")
        else:
            mu = pm.Normal(
                "mu", 0, 5, dims="cluster", transform=pm.distributions.transforms.ordered, initval=[-1.0, 1.0]
            )
        weight = pm.Dirichlet("weight", np.full(2, 5.0), dims="cluster")
        sigma = pm.HalfNormal("sigma", 2)
        pm.NormalMixture("y", weight, mu, sigma, observed=y)
    return model
