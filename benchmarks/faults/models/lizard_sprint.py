"""Sprint speed of lizards against temperature: the slope of each of 15 populations, four animals in each.

The slopes are written centered on their hyperparameters while the data hardly speak about any single slope: a
funnel between tau_b and b_pop. Repaired: non-centered. The clutch sizes are centered too, but with 20 clutches
in every population, which is right there.
"""

from typing import Literal

import numpy as np
import pymc as pm

ANSWER = {"names": ["tau_b", "b_pop"], "cause_class": "a"}

rng = np.random.default_rng(30302)
POPS, EACH, CLUTCHES = 15, 4, 20
pop = np.repeat(np.arange(POPS), EACH)
temp = rng.uniform(22, 38, POPS * EACH)
temp_z = (temp - 30) / 5
_b = 0.35 + rng.normal(0, 0.08, POPS)
speed = 1.9 + _b[pop] * temp_z + rng.normal(0, 0.6, POPS * EACH)
pop_c = np.repeat(np.arange(POPS), CLUTCHES)
clutch = rng.poisson(np.exp(1.8 + rng.normal(0, 0.3, POPS))[pop_c])


def build(*, written: Literal["faulty", "repaired"] = "faulty") -> pm.Model:
    coords = {"population": [f"P{i:02d}" for i in range(POPS)], "animal": np.arange(POPS * EACH)}
    with pm.Model(coords=coords) as model:
        t = pm.Data("t", temp_z, dims="animal")
        a = pm.Normal("a", 2, 1)
        mu_b = pm.Normal("mu_b", 0, 0.5)
        tau_b = pm.HalfNormal("tau_b", 0.5)
        if written == "faulty":
            b_pop = pm.Normal("b_pop", mu_b, tau_b, dims="population")
        else:
            dev = pm.Normal("dev", 0, 1, dims="population")
            b_pop = pm.Deterministic("b_pop", mu_b + tau_b * dev, dims="population")
        eps = pm.HalfNormal("eps", 1)
        pm.Normal("speed", a + b_pop[pop] * t, eps, observed=speed, dims="animal")

        mu_c = pm.Normal("mu_c", 1.5, 0.7)
        tau_c = pm.HalfNormal("tau_c", 0.5)
        log_clutch = pm.Normal("log_clutch", mu_c, tau_c, dims="population")
        pm.Poisson("clutch", pm.math.exp(log_clutch[pop_c]), observed=clutch)
    return model
