"""A tide as amplitude and phase, both free in sign: half a turn of the phase undoes a negative amplitude."""

from typing import Literal

import numpy as np
import pymc as pm

ANSWER = {"names": ["swing", "lag"], "cause_class": "a"}

rng = np.random.default_rng(1103)
N = 96
hour = np.arange(N) * 0.75
turn = 2 * np.pi / 12.42
gauge = 3.1 + 1.3 * np.cos(turn * hour - 1.7) + 0.02 * hour + rng.normal(0, 0.25, N)
crabs = rng.negative_binomial(5, 5 / (5 + 12.0), 60)


def build(*, written: Literal["faulty", "repaired"] = "faulty") -> pm.Model:
    with pm.Model(coords={"reading": np.arange(N)}) as model:
        time = pm.Data("time", hour, dims="reading")
        datum = pm.Normal("datum", 3, 2)
        surge = pm.Normal("surge", 0, 0.1)
        if written == "faulty":
            swing = pm.Normal("swing", 0, 2)
            lag = pm.Uniform("lag", 0, 2 * np.pi)
            cycle = swing * pm.math.cos(turn * time - lag)
        else:
            part = pm.Normal("part", 0, 1.5, shape=2)
            pm.Deterministic("swing", pm.math.sqrt((part**2).sum()))
            pm.Deterministic("lag", pm.math.arctan2(part[1], part[0]))
            cycle = part[0] * pm.math.cos(turn * time) + part[1] * pm.math.sin(turn * time)
        tide = pm.Deterministic("tide", datum + surge * time + cycle, dims="reading")
        pm.Normal("gauge", tide, pm.HalfNormal("waves", 0.5), observed=gauge, dims="reading")

        haul = pm.LogNormal("haul", 2.5, 0.7)
        clumping = pm.Gamma("clumping", 3, 0.5)
        pm.NegativeBinomial("crabs", mu=haul, alpha=clumping, observed=crabs)
    return model
