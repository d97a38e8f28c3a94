"""Level of a lake: trend and stationary AR(2) deviations, exact likelihood, by partial autocorrelations."""

import numpy as np
import pymc as pm
import pytensor.tensor as pt

ANSWER = None

rng = np.random.default_rng(67)
n = 140
dev = np.zeros(n + 200)
for i in range(2, n + 200):
    dev[i] = 1.55 * dev[i - 1] - 0.65 * dev[i - 2] + rng.normal(0, 0.4)
year = np.arange(n) / 10.0 + 50.0
level = 20 + 0.03 * year + dev[200:]


def build() -> pm.Model:
    with pm.Model() as model:
        at_zero = pm.Normal("at_zero", 20, 20)
        slope = pm.Normal("slope", 0, 1)
        pac = pm.Uniform("pac", -1, 1, shape=2)
        step = pm.HalfNormal("step", 1)
        rho1, rho2 = pac[0] * (1 - pac[1]), pac[1]
        dev = level - at_zero - slope * year
        var1 = step**2 / (1 - pac[1] ** 2)  # of the second given the first
        var0 = var1 / (1 - pac[0] ** 2)
        shock = dev[2:] - rho1 * dev[1:-1] - rho2 * dev[:-2]
        loglik = -0.5 * (
            dev[0] ** 2 / var0
            + pt.log(2 * np.pi * var0)
            + (dev[1] - pac[0] * dev[0]) ** 2 / var1
            + pt.log(2 * np.pi * var1)
            + pt.sum(shock**2) / step**2
            + (n - 2) * pt.log(2 * np.pi * step**2)
        )
        pm.Potential("level", loglik)
    return model
