"""Ozone through a day, by a smooth Gaussian process at close times: its covariance matrix has no Cholesky root in floating point."""

from typing import Literal

import numpy as np
import pymc as pm

ANSWER = {"names": ["curve"], "cause_class": "c"}

rng = np.random.default_rng(161)
hour = np.linspace(0, 24, 60)
ozone = 40 + 15 * np.sin((hour - 9) / 24 * 2 * np.pi) + rng.normal(0, 4, hour.size)


def build(*, written: Literal["faulty", "repaired"] = "faulty") -> pm.Model:
    with pm.Model() as model:
        length = pm.LogNormal("length", np.log(6), 0.3)
        height = pm.LogNormal("height", np.log(12), 0.3)
        noise = pm.LogNormal("noise", np.log(4), 0.3)
        covariance = height**2 * pm.gp.cov.ExpQuad(1, ls=length)(hour[:, None])
        if written == "faulty":
            curve = pm.MvNormal("curve", 0, cov=covariance)
            pm.Normal("ozone", 40 + curve, noise, observed=ozone)
        else:
            pm.MvNormal("ozone", 40, cov=covariance + noise**2 * np.eye(hour.size), observed=ozone)
    return model
