"""Maize grain yield (relative to a district standard of 3 t/ha) in a nitrogen trial over eight farms: Box-Cox regression, with the power of the transform
estimated along with the nitrogen response and the farm effects."""

from typing import Literal

import numpy as np
import pymc as pm
import pytensor.tensor as pt

ANSWER = {"names": ["power", "transformed_yield"], "cause_class": "c"}

rng = np.random.default_rng(615)
N_FARM, N_PLOT = 8, 240
FARM = np.repeat(np.arange(N_FARM), N_PLOT // N_FARM)
NITROGEN = np.tile(np.array([0, 30, 60, 90, 120, 150.0]), N_PLOT // 6)
N_STD = (NITROGEN - 75.0) / 50.0
_z = 2.3 + 0.42 * N_STD + rng.normal(0, 0.3, N_FARM)[FARM] + rng.normal(0, 0.38, N_PLOT)
YIELD = (1 + 0.5 * _z) ** 2.0
LOG_YIELD = np.log(YIELD / 3.0)


def build(*, written: Literal["faulty", "repaired"] = "faulty") -> pm.Model:
    with pm.Model(coords={"site": np.arange(N_FARM), "plot": np.arange(N_PLOT)}) as model:
        power = pm.Uniform("power", -2.0, 3.0)
        intercept = pm.Normal("intercept", 0.5, 1.0)
        nitrogen = pm.Normal("nitrogen", 0.0, 0.5)
        farm = pm.ZeroSumNormal("farm", 0.3, dims="site")
        plot_sd = pm.HalfNormal("plot_sd", 0.5)

        transformed = pt.expm1(power * LOG_YIELD) / power
        mean = intercept + nitrogen * N_STD + farm[FARM]
        density = pm.logp(pm.Normal.dist(mean, plot_sd), transformed)
        if written == "repaired":
            density = density + (power - 1.0) * LOG_YIELD
        pm.Potential("transformed_yield", density, dims="plot")
    return model
