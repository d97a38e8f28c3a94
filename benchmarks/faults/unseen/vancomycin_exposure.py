"""Population pharmacokinetics: vancomycin exposure (AUC, mg h/L) of twelve patients on two occasions each, with a
clearance (L/h) per patient, an effect of renal function and a proportional residual error."""

from typing import Literal

import numpy as np
import pymc as pm
import pytensor.tensor as pt

ANSWER = {"names": ["cl", "omega", "log_cl_pop"], "cause_class": "a"}

rng = np.random.default_rng(7302)
N = 12
patient = np.repeat(np.arange(N), 2)
renal = rng.normal(0, 1, 2 * N)
dose = np.repeat(rng.choice([1000.0, 1250.0, 1500.0], N), 2)
true_cl = np.exp(np.log(4.2) + 0.05 * rng.normal(size=N))
auc = dose / true_cl[patient] * np.exp(-0.3 * renal + 0.35 * rng.normal(size=2 * N))


def build(*, written: Literal["faulty", "repaired"] = "faulty") -> pm.Model:
    with pm.Model(coords={"patient": [f"P{k:02d}" for k in range(N)], "sample": np.arange(2 * N)}) as model:
        log_cl_pop = pm.Normal("log_cl_pop", np.log(4.0), 0.7)
        omega = pm.Gamma("omega", 2, 14)
        if written == "faulty":
            cl = pm.LogNormal("cl", mu=log_cl_pop, sigma=omega, dims="patient")
        else:
            eta = pm.Normal("eta", 0.0, 1.0, dims="patient")
            cl = pm.Deterministic("cl", pt.exp(log_cl_pop + omega * eta), dims="patient")
        b_renal = pm.Normal("b_renal", 0, 0.5)
        residual = pm.Gamma("residual", 8, 20)
        expected = pt.log(dose / cl[patient]) - b_renal * renal
        pm.LogNormal("auc", mu=expected, sigma=residual, observed=auc, dims="sample")
    return model
