"""Bedload transport (kg/s) in a gravel river against bed shear stress (Pa): nothing moves below a critical stress,
above it transport grows as a power of the excess."""

from typing import Literal

import numpy as np
import pymc as pm
import pytensor.tensor as pt

ANSWER = {"names": ["exponent", "critical", "transport", "rate"], "cause_class": "c"}

rng = np.random.default_rng(606)
stress = np.sort(rng.uniform(5, 60, 70))
excess = np.clip(stress - 22, 0, None)
bedload = 0.05 * excess**1.6 + 0.7 * rng.normal(size=stress.size)


def build(*, written: Literal["faulty", "repaired"] = "faulty") -> pm.Model:
    with pm.Model() as river:
        critical = pm.Normal("critical", mu=20, sigma=5)
        exponent = pm.TruncatedNormal("exponent", mu=1.5, sigma=0.3, lower=1)
        scale = pm.LogNormal("scale", mu=np.log(0.05), sigma=1)
        over = stress - critical
        if written == "repaired":
            over = pt.maximum(over, 1e-6)
        rate = pm.Deterministic("rate", pt.switch(stress > critical, scale * over**exponent, 0.0))
        noise = pm.HalfNormal("noise", 2)
        pm.Normal("transport", rate, noise, observed=bedload)
    return river
