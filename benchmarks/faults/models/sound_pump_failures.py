"""Life of pumps from 18 makers, many still running when the study ended: their survival stands in a potential."""

import numpy as np
import pymc as pm
import pytensor.tensor as pt

ANSWER = None

rng = np.random.default_rng(4109)
MAKERS, PUMPS, END = 18, 240, 9.0
maker = rng.integers(0, MAKERS, PUMPS)
load = rng.normal(0, 1, PUMPS)
life = np.exp(2.1 - 0.3 * load) * rng.weibull(1.6, PUMPS)
failed = life < END
noise_level = rng.normal(68, 3, 40)


def build() -> pm.Model:
    with pm.Model(coords={"maker": np.arange(MAKERS)}) as model:
        typical = pm.Normal("typical", 2, 1)
        per_load = pm.Normal("per_load", 0, 0.5)
        wear = pm.Gamma("wear", 4, 2)
        between = pm.HalfNormal("between", 0.5)
        unit = pm.Normal("unit", 0, 1, dims="maker")
        quality = pm.Deterministic("quality", between * unit, dims="maker")
        scale = pt.exp(typical + quality[maker] + per_load * load)
        pm.Weibull("failure", wear, scale[failed], observed=life[failed])
        pm.Potential("still_running", -((END / scale[~failed]) ** wear).sum())

        loudness = pm.Normal("loudness", 64, 3)
        spread = pm.HalfNormal("spread", 4)
        pm.Normal("decibel", loudness, spread, observed=noise_level)
    return model
