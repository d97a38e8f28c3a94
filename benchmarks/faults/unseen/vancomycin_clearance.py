"""Population pharmacokinetics: vancomycin levels (mg/L) of twelve patients, two samples each after one bolus dose,
with a clearance (L/h) per patient, a shared volume and a proportional residual error."""

from typing import Literal

import numpy as np
import pymc as pm
import pytensor.tensor as pt

ANSWER = {"names": ["cl", "omega", "log_cl_pop"], "cause_class": "a"}

rng = np.random.default_rng(7301)
N = 12
patient = np.repeat(np.arange(N), 2)
hours = np.tile([2.0, 11.0], N) + rng.uniform(-0.5, 0.5, 2 * N)
dose = np.repeat(rng.choice([1000.0, 1250.0, 1500.0], N), 2)
true_cl = np.exp(np.log(4.2) + 0.05 * rng.normal(size=N))
level = dose / 45.0 * np.exp(-true_cl[patient] / 45.0 * hours + 0.4 * rng.normal(size=2 * N))


def build(*, written: Literal["faulty", "repaired"] = "faulty") -> pm.Model:
    with pm.Model(coords={"patient": [f"P{k:02d}" for k in range(N)], "sample": np.arange(2 * N)}) as model:
        log_cl_pop = pm.Normal("log_cl_pop", np.log(4.0), 0.7)
        omega = pm.HalfNormal("omega", 0.25)
        if written == "faulty":
            cl = pm.LogNormal("cl", mu=log_cl_pop, sigma=omega, dims="patient")
        else:
            eta = pm.Normal("eta", 0.0, 1.0, dims="patient")
            cl = pm.Deterministic("cl", pt.exp(log_cl_pop + omega * eta), dims="patient")
        volume = pm.LogNormal("volume", mu=np.log(45.0), sigma=0.25)
        residual = pm.Gamma("residual", 8, 20)
        expected = np.log(dose) - pt.log(volume) - cl[patient] / volume * hours
        pm.LogNormal("level", mu=expected, sigma=residual, observed=level, dims="sample")
    return model
