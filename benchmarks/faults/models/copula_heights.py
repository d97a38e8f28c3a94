"""Tree height and crown width tied by a Gaussian copula in a potential without its determinant."""

from typing import Literal

import numpy as np
import pymc as pm
import pytensor.tensor as pt

ANSWER = {"names": ["joint"], "cause_class": "c"}

rng = np.random.default_rng(4205)
TREES = 140
pair = rng.multivariate_normal([0, 0], [[1, 0.7], [0.7, 1]], TREES)
height, crown = 14 + 3 * pair[:, 0], np.exp(1.1 + 0.35 * pair[:, 1])
rings = rng.normal(2.4, 0.5, 80)


def build(*, written: Literal["faulty", "repaired"] = "faulty") -> pm.Model:
    with pm.Model(coords={"tree": np.arange(TREES)}) as model:
        mean_height = pm.Normal("mean_height", 15, 5)
        sd_height = pm.HalfNormal("sd_height", 5)
        mean_crown = pm.Normal("mean_crown", 1, 1)
        sd_crown = pm.HalfNormal("sd_crown", 1)
        pm.Normal("height", mean_height, sd_height, observed=height, dims="tree")
        pm.LogNormal("crown", mean_crown, sd_crown, observed=crown, dims="tree")

        bond = pm.Uniform("bond", -1, 1)
        tall, wide = (height - mean_height) / sd_height, (np.log(crown) - mean_crown) / sd_crown
        log_c = -(bond**2 * (tall**2 + wide**2) - 2 * bond * tall * wide) / (2 * (1 - bond**2))
        if written == "repaired":
            log_c = log_c - 0.5 * pt.log1p(-(bond**2))
        pm.Potential("joint", log_c.sum())

        ring = pm.Normal("ring", 2, 1)
        ring_sd = pm.HalfNormal("ring_sd", 1)
        pm.Normal("ring_width", ring, ring_sd, observed=rings)
    return model
