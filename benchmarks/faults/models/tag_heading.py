"""Headings of tagged birds that fly due west, which is where the interval of the mean heading is cut open."""

from typing import Literal

import numpy as np
import pymc as pm

ANSWER = {"names": ["heading"], "cause_class": "a"}

rng = np.random.default_rng(4202)
BIRDS = 24
turn = rng.vonmises(0, 3.0, BIRDS)
flown = (turn - turn.mean()) % (2 * np.pi) - np.pi  # from east, in (-pi, pi)
altitude = rng.lognormal(5.5, 0.4, (BIRDS, 4))


def build(*, written: Literal["faulty", "repaired"] = "faulty") -> pm.Model:
    low, high = (-np.pi, np.pi) if written == "faulty" else (0, 2 * np.pi)
    with pm.Model(coords={"bird": np.arange(BIRDS)}) as model:
        heading = pm.Uniform("heading", low, high)
        focus = pm.Gamma("focus", 2, 0.5)
        pm.VonMises("course", heading, focus, observed=flown, dims="bird")

        flock = pm.Normal("flock", 5.5, 1)
        between = pm.HalfNormal("between", 0.5)
        unit = pm.Normal("unit", 0, 1, dims="bird")
        cruise = pm.Deterministic("cruise", flock + between * unit, dims="bird")
        spread = pm.HalfNormal("spread", 1)
        pm.LogNormal("altitude", cruise[:, None], spread, observed=altitude)
    return model
