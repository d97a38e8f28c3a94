"""Nested logit of travel mode: nest 0 is bus and train, nest 1 is car; not each is on offer to everyone."""

from typing import Literal

import numpy as np
import pymc as pm
import pytensor.tensor as pt

ANSWER = {"names": ["choices"], "cause_class": "c"}

rng = np.random.default_rng(3)
n = 220
time = rng.gamma(4, 0.25, (n, 3))
cost = rng.gamma(3, 0.3, (n, 3))
offered = rng.random((n, 3)) < [0.8, 0.7, 0.9]
offered[:, 2] |= ~offered.any(axis=1)
utility = np.where(offered, [0.3, 0.6, 0.0] - 1.2 * time - 0.8 * cost + rng.gumbel(size=(n, 3)), -np.inf)
choice = utility.argmax(axis=1)


def build(*, written: Literal["faulty", "repaired"] = "faulty") -> pm.Model:
    with pm.Model() as model:
        asc = pm.Normal("asc", 0, 2, shape=2)
        b_time = pm.Normal("b_time", 0, 2)
        b_cost = pm.Normal("b_cost", 0, 2)
        lam = pm.Beta("lam", 4, 2)  # dissimilarity within public transport
        v = pt.concatenate([asc, pt.zeros(1)]) + b_time * time + b_cost * cost
        inside = offered[:, :2] * pt.exp(v[:, :2] / lam)
        total = inside.sum(axis=1)
        has_nest = offered[:, :2].any(axis=1)
        inclusive = pt.log(total if written == "faulty" else pt.switch(has_nest, total, 1.0))
        public = pt.switch(has_nest, pt.exp(lam * inclusive), 0.0)
        car = pt.switch(offered[:, 2], pt.exp(v[:, 2]), 0.0)
        mode = np.minimum(choice, 1)
        own = pt.stack([v[:, 0], v[:, 1]], axis=1)[np.arange(n), mode] / lam
        log_public = pt.switch(has_nest, own - inclusive + lam * inclusive, 0.0)
        picked = pt.switch(choice < 2, log_public, v[:, 2])
        pm.Potential("choices", pt.sum(picked - pt.log(public + car)))
    return model
