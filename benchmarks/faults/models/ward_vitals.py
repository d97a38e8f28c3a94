"""Vital signs under informed priors; the table's columns come in another order than the priors."""

from typing import Literal

import numpy as np
import pymc as pm

ANSWER = {"names": ["typical", "vitals"], "cause_class": "b"}

rng = np.random.default_rng(4203)
PATIENTS = 120
columns = {
    "temperature": rng.normal(37.1, 0.5, PATIENTS),
    "pulse": rng.normal(74, 9, PATIENTS),
    "pressure": rng.normal(124, 12, PATIENTS),
}
nights = rng.poisson(np.exp(1.0 + 0.4 * rng.normal(0, 1, PATIENTS)))


def build(*, written: Literal["faulty", "repaired"] = "faulty") -> pm.Model:
    order = (
        ["pulse", "temperature", "pressure"] if written == "faulty" else ["temperature", "pulse", "pressure"]
    )
    table = np.column_stack([columns[name] for name in order])
    with pm.Model(coords={"sign": ["temperature", "pulse", "pressure"]}) as model:
        measured = pm.Data("measured", table, dims=("patient", "sign"))
        typical = pm.Normal("typical", [37, 72, 122], [3, 8, 10], dims="sign")
        chol, _, _ = pm.LKJCholeskyCov("chol", n=3, eta=3, sd_dist=pm.HalfNormal.dist(10, shape=3))
        pm.MvNormal("vitals", typical, chol=chol, observed=measured, dims=("patient", "sign"))

        stay = pm.Normal("stay", 1, 1)
        clumping = pm.Gamma("clumping", 3, 0.5)
        pm.NegativeBinomial("nights", mu=pm.math.exp(stay), alpha=clumping, observed=nights)
    return model
