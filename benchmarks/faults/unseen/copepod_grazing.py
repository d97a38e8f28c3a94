"""Grazing trials of copepods: algal cells eaten per hour at low cell densities; a saturating functional response
with a maximum intake and a half-saturation density, and a body-size effect."""

from typing import Literal

import numpy as np
import pandas as pd
import pymc as pm

ANSWER = {"names": ["max_intake", "half_saturation"], "cause_class": "a"}

_r = np.random.default_rng(1207)
trials = pd.DataFrame({"density": np.repeat([20, 40, 60, 80, 100, 120], 10), "size": _r.normal(0, 1, 60)})
trials["eaten"] = _r.poisson(150e3 * trials.density / (30e3 + trials.density) * np.exp(0.15 * trials["size"]))


def build(*, written: Literal["faulty", "repaired"] = "faulty") -> pm.Model:
    with pm.Model() as model:
        density = pm.Data("density", trials["density"].to_numpy(float))
        b_size = pm.Normal("b_size", 0, 0.5)
        if written == "faulty":
            max_intake = pm.Uniform("max_intake", 0, 2e6)
            half_saturation = pm.Uniform("half_saturation", 0, 4e5)
            intake = max_intake * density / (half_saturation + density)
        else:
            attack = pm.LogNormal("attack", 1.5, 0.7)
            handling = pm.Gamma("handling", 2, 2e5)
            intake = attack * density / (1 + attack * handling * density)
        mu = pm.Deterministic("mu", intake * pm.math.exp(b_size * trials["size"].to_numpy()))
        pm.Poisson("eaten", mu=mu, observed=trials["eaten"].to_numpy())
    return model
