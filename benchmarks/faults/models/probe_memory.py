"""A soil probe as an Ornstein-Uhlenbeck process under wide priors: a short record tells amplitude^2 / memory only."""

from typing import Literal

import numpy as np
import pymc as pm

ANSWER = {"names": ["amplitude", "memory"], "cause_class": "a"}

rng = np.random.default_rng(1102)
N = 120
hour = np.sort(rng.uniform(0, 48, N))
gap = np.diff(hour)
moisture = np.zeros(N)
for i in range(1, N):
    stay = np.exp(-gap[i - 1] / 200.0)
    moisture[i] = stay * moisture[i - 1] + 2.0 * np.sqrt(1 - stay**2) * rng.normal()
moisture += 21.0
worms = rng.poisson([4.0, 2.5], (50, 2))


def build(*, written: Literal["faulty", "repaired"] = "faulty") -> pm.Model:
    with pm.Model(coords={"plot": np.arange(50), "layer": ["top", "sub"]}) as model:
        elapsed = pm.Data("elapsed", gap)
        if written == "faulty":
            amplitude = pm.LogNormal("amplitude", 0, 15)
            memory = pm.LogNormal("memory", 0, 15)
        else:
            amplitude = pm.LogNormal("amplitude", 0.7, 0.4)
            memory = pm.LogNormal("memory", 5.3, 0.5)
        average = pm.Normal("average", 20, 5)
        kept = pm.math.exp(-elapsed / memory)
        lost = pm.math.sqrt(-pm.math.expm1(-2 * elapsed / memory))
        pm.Normal("first_reading", average, amplitude, observed=moisture[0])
        expected = pm.Deterministic("expected", average + kept * (moisture[:-1] - average))
        pm.Normal("moisture", expected, amplitude * lost, observed=moisture[1:])

        abundance = pm.Gamma("abundance", 2, 0.5, dims="layer")
        pm.Poisson("worms", abundance, observed=worms, dims=("plot", "layer"))
    return model
