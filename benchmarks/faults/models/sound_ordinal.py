"""Ratings from 1 to 4: an ordered logistic regression with free cut points."""

import numpy as np
import pymc as pm

ANSWER = None

rng = np.random.default_rng(212)
N = 300
wait = rng.normal(0, 1, N)
rating = np.digitize(-1.1 * wait + rng.logistic(0, 1, N), [-1.5, 0.0, 1.8])


def build() -> pm.Model:
    with pm.Model() as model:
        per_wait = pm.Normal("per_wait", 0, 2)
        cut = pm.Normal(
            "cut",
            0,
            3,
            shape=3,
            transform=pm.distributions.transforms.ordered,
            initval=[-1.0, 0.0, 1.0],
        )
        pm.OrderedLogistic("rating", eta=per_wait * wait, cutpoints=cut, observed=rating)
    return model
