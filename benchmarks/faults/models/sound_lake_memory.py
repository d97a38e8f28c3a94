"""A lake level with a memory of two months, stationary; the balance of its inflows is soft."""

import numpy as np
import pymc as pm
import pytensor.tensor as pt

ANSWER = None

rng = np.random.default_rng(4107)
MONTHS = 150
depth = np.zeros(MONTHS + 50)
for month in range(2, depth.size):
    depth[month] = 1.1 * depth[month - 1] - 0.45 * depth[month - 2] + rng.normal(0, 0.4)
depth = 12 + depth[50:]
streams = np.array([3.1, 2.2, 4.9, 1.4])
gauged = streams + rng.normal(0, 0.3, (12, 4))


def build() -> pm.Model:
    with pm.Model(coords={"stream": ["oak", "mill", "stone", "fox"], "month": np.arange(2, MONTHS)}) as model:
        first_partial = pm.Uniform("first_partial", -1, 1)
        second_partial = pm.Uniform("second_partial", -1, 1)
        memory = pm.Deterministic("memory", pt.stack([first_partial * (1 - second_partial), second_partial]))
        pm.Potential("triangle", pt.log1p(-second_partial))
        rest = pm.Normal("rest", 12, 2)
        shock = pm.HalfNormal("shock", 1)
        forecast = rest + memory[0] * (depth[1:-1] - rest) + memory[1] * (depth[:-2] - rest)
        pm.Normal("lake", forecast, shock, observed=depth[2:], dims="month")

        inflow = pm.Normal("inflow", 3, 2, dims="stream")
        pm.Normal("gauge", inflow, pm.HalfNormal("gauge_error", 1), observed=gauged)
        pm.Potential("balance", -0.5 * ((inflow.sum() - 11.5) / 0.2) ** 2)
    return model
