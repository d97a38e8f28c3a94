"""Radial velocities (m/s) of a star with one planet on a circular orbit of known period:
system velocity, semi-amplitude, phase, and jitter beyond the quoted errors."""

from typing import Literal

import numpy as np
import pymc as pm

ANSWER = {"names": ["phase", "semi_amplitude"], "cause_class": "a"}

rng = np.random.default_rng(515)
PERIOD = 4.23
days = np.sort(rng.uniform(0, 60, 38))
quoted = rng.uniform(3, 6, days.size)
velocity = -12 + 55 * np.sin(2 * np.pi * days / PERIOD + 1.9) + rng.normal(0, np.hypot(quoted, 4))


def build(*, written: Literal["faulty", "repaired"] = "faulty") -> pm.Model:
    angle = 2 * np.pi * days / PERIOD
    with pm.Model() as orbit:
        system = pm.Normal("system", 0, 30)
        jitter = pm.HalfNormal("jitter", 10)
        if written == "faulty":
            semi_amplitude = pm.Normal("semi_amplitude", 0, 100)
            phase = pm.Normal("phase", 0, 6)
            wave = semi_amplitude * pm.math.sin(angle + phase)
        else:
            c = pm.Normal("cosine", 0, 100)
            s = pm.Normal("sine", 0, 100)
            wave = c * np.cos(angle) + s * np.sin(angle)
            pm.Deterministic("semi_amplitude", pm.math.sqrt(c**2 + s**2))
        sigma = pm.math.sqrt(quoted**2 + jitter**2)
        pm.Normal("velocity", system + wave, sigma, observed=velocity)
    return orbit
