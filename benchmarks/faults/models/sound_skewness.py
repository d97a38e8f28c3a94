"""A skewness that the data put on either side of 0: a banana whose bend asks for smaller steps, and no more."""

import numpy as np
import pymc as pm

ANSWER = None

rng = np.random.default_rng(30)
height = rng.normal(0, 1, 60)


def build() -> pm.Model:
    with pm.Model() as model:
        place = pm.Normal("place", 0, 2)
        spread = pm.HalfNormal("spread", 2)
        skewness = pm.Normal("skewness", 0, 3)
        pm.SkewNormal("height", mu=place, sigma=spread, alpha=skewness, observed=height)
    return model
