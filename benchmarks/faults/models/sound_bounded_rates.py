"""A two-compartment decay whose rates are ordered by construction; a count model stands beside."""

import numpy as np
import pymc as pm

ANSWER = None

rng = np.random.default_rng(225)
hour = np.linspace(0.2, 12, 150)
level = 6 * np.exp(-1.5 * hour) + 4 * np.exp(-0.2 * hour)
level = level * rng.lognormal(0, 0.08, 150)
visits = rng.poisson(3.2, 50)


def build() -> pm.Model:
    with pm.Model() as model:
        slow = pm.LogNormal("slow", -1.5, 0.4)
        gap = pm.LogNormal("gap", 0.2, 0.25)
        amount = pm.LogNormal("amount", 1.5, 0.5, shape=2)
        curve = amount[0] * pm.math.exp(-(slow + gap) * hour) + amount[1] * pm.math.exp(-slow * hour)
        error = pm.HalfNormal("error", 0.3)
        pm.LogNormal("level", pm.math.log(curve), error, observed=level)

        visit_rate = pm.Gamma("visit_rate", 2, 0.5)
        pm.Poisson("visits", visit_rate, observed=visits)
    return model
