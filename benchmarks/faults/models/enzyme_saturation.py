"""Michaelis-Menten rates far below saturation, vague priors: only the ratio of the two constants is seen.

The covariance of three blood values beside it is sound.
"""

from typing import Literal

import numpy as np
import pymc as pm

ANSWER = {"names": ["v_max", "k_m"], "cause_class": "a"}

rng = np.random.default_rng(1104)
substrate = np.repeat(np.linspace(0.05, 0.8, 12), 3)
rate = 50.0 * substrate / (40.0 + substrate) * np.exp(rng.normal(0, 0.08, substrate.size))
factor = np.array([[1.0, 0, 0], [0.5, 0.9, 0], [-0.3, 0.2, 0.7]])
blood = np.array([5.0, 1.2, 2.5]) + rng.normal(0, 1, (70, 3)) @ factor.T


def build(*, written: Literal["faulty", "repaired"] = "faulty") -> pm.Model:
    with pm.Model(coords={"value": ["glucose", "hdl", "ldl"]}) as model:
        conc = pm.Data("conc", substrate)
        if written == "faulty":
            v_max = pm.LogNormal("v_max", 0, 20)
            k_m = pm.LogNormal("k_m", 0, 20)
        else:
            slope = pm.LogNormal("slope", 0, 1)
            k_m = pm.LogNormal("k_m", 3.7, 0.3)
            v_max = pm.Deterministic("v_max", slope * k_m)
        velocity = pm.Deterministic("velocity", v_max * conc / (k_m + conc))
        error = pm.HalfNormal("error", 0.3)
        pm.LogNormal("rate", pm.math.log(velocity), error, observed=rate)

        chol, _, _ = pm.LKJCholeskyCov("chol", n=3, eta=2, sd_dist=pm.HalfNormal.dist(2, shape=3))
        centre = pm.Normal("centre", [5, 1, 3], 2, dims="value")
        pm.MvNormal("blood", centre, chol=chol, observed=blood)
    return model
