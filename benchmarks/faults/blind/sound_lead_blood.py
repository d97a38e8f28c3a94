"""Lead in blood against lead in dust: dust is measured with error and for a third of the homes not at all."""

import numpy as np
import pymc as pm

ANSWER = None

rng = np.random.default_rng(53)
n = 90
dust = rng.normal(1.5, 0.8, n)
dust_lab = np.ma.masked_array(dust + rng.normal(0, 0.3, n), mask=rng.random(n) < 0.35)
age = rng.integers(1, 7, n) - 3.5
blood = 0.6 + 0.5 * dust - 0.05 * age + rng.normal(0, 0.4, n)
blood = np.ma.masked_array(blood, mask=rng.random(n) < 0.1)


def build() -> pm.Model:
    with pm.Model() as model:
        mu_dust = pm.Normal("mu_dust", 0, 3)
        sd_dust = pm.Gamma("sd_dust", 4, 4)
        z = pm.Normal("z", 0, 1, shape=n)
        true_dust = pm.Deterministic("true_dust", mu_dust + sd_dust * z)
        pm.Normal("dust_lab", true_dust, 0.3, observed=dust_lab)
        base = pm.Normal("base", 0, 2)
        b_dust = pm.Normal("b_dust", 0, 1)
        b_age = pm.Normal("b_age", 0, 1)
        noise = pm.Gamma("noise", 4, 8)
        pm.Normal("blood", base + b_dust * true_dust + b_age * age, noise, observed=blood)
    return model
