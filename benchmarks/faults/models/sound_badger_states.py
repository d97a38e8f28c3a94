"""Badgers rest or forage from hour to hour; the hidden states are summed out by hand in a potential."""

import numpy as np
import pymc as pm
import pytensor.tensor as pt

ANSWER = None

rng = np.random.default_rng(4102)
BADGERS, HOURS = 50, 6
state = np.empty((BADGERS, HOURS), int)
state[:, 0] = rng.random(BADGERS) < 0.4
for hour in range(1, HOURS):
    state[:, hour] = rng.random(BADGERS) < np.where(state[:, hour - 1] == 1, 0.75, 0.2)
moves = rng.poisson(np.array([1.5, 8.0])[state])


def build() -> pm.Model:
    with pm.Model(coords={"before": ["rest", "forage"], "after": ["rest", "forage"]}) as model:
        first = pm.Dirichlet("first", [2.0, 2.0], dims="after")
        change = pm.Dirichlet("change", np.array([[4.0, 2.0], [2.0, 4.0]]), dims=("before", "after"))
        calm = pm.LogNormal("calm", 0, 0.7)
        extra = pm.LogNormal("extra", 1.5, 0.7)
        pace = pm.Deterministic("pace", pt.stack([calm, calm + extra]))

        seen = pm.logp(pm.Poisson.dist(pace), moves[:, :, None])
        forward = pt.log(first) + seen[:, 0]
        for hour in range(1, HOURS):
            forward = pt.logsumexp(forward[:, :, None] + pt.log(change), axis=1) + seen[:, hour]
        pm.Potential("tracks", pt.logsumexp(forward, axis=1).sum())
    return model
