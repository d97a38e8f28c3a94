"""A gauge that failed on some days: what is missing is masked on purpose, to be filled in."""

import numpy as np
import pymc as pm

ANSWER = None

rng = np.random.default_rng(577)
day = np.arange(80) / 80
level = 2.1 + 0.8 * day + rng.normal(0, 0.3, day.size)
readings = np.ma.masked_array(level, rng.random(day.size) < 0.1)


def build() -> pm.Model:
    with pm.Model() as model:
        base = pm.Normal("base", 2, 1)
        rise = pm.Normal("rise", 0, 1)
        pm.Normal("gauge", base + rise * day, pm.HalfNormal("noise", 1), observed=readings)
    return model
