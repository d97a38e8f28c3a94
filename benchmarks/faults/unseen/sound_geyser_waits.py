"""Waiting times (minutes) between eruptions of a geyser with short and long intervals: two normal components whose
means are kept in order."""

import numpy as np
import pymc as pm

ANSWER = None

rng = np.random.default_rng(1872)
short = rng.random(200) < 0.38
wait = np.where(short, rng.normal(55, 6, 200), rng.normal(80, 5.5, 200)).round()


def build() -> pm.Model:
    with pm.Model(coords={"kind": ["short", "long"]}) as model:
        share = pm.Dirichlet("share", a=np.array([2.0, 2.0]), dims="kind")
        centre = pm.Normal(
            "centre",
            mu=70,
            sigma=20,
            transform=pm.distributions.transforms.ordered,
            initval=np.array([60.0, 80.0]),
            dims="kind",
        )
        width = pm.Gamma("width", alpha=3, beta=0.5, dims="kind")
        pm.NormalMixture("wait", w=share, mu=centre, sigma=width, observed=wait)
    return model
