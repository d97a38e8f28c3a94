"""Running time (years) to failure of 90 water pumps, right-censored at the end of the study:
a Weibull regression on load and water hardness."""

from typing import Literal

import numpy as np
import pymc as pm
import pytensor.tensor as pt

ANSWER = {"names": ["censored_weibull", "coefs"], "cause_class": "c"}

rng = np.random.default_rng(808)
N = 90
X = rng.normal(size=(N, 2))
life = np.exp(1.5 + X @ np.array([-0.5, 0.3])) * rng.weibull(1.8, N)
end = rng.uniform(3, 8, N)
time = np.minimum(life, end)
failed = (life <= end).astype(float)


def weibull_loglik(t, event, shape, scale):
    hazard = pt.log(shape / scale) + (shape - 1) * pt.log(t / scale)
    return event * hazard - (t / scale) ** shape


def build(*, written: Literal["faulty", "repaired"] = "faulty") -> pm.Model:
    with pm.Model() as model:
        intercept = pm.Normal("intercept", 1, 1)
        coefs = pm.Normal("coefs", 0, 1, shape=(2, 1))
        k = pm.Gamma("k", 4, 2)
        eta = intercept + pt.dot(X, coefs)
        if written == "repaired":
            eta = eta[:, 0]
        pm.Potential("censored_weibull", weibull_loglik(time, failed, k, pt.exp(eta)).sum())
    return model
