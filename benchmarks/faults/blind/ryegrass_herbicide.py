"""Pot experiment on herbicide resistance: dry weight of three ryegrass biotypes over a dose series including untreated
pots, four-parameter log-logistic curves with biotype-specific ED50 and a bench effect."""

from typing import Literal

import numpy as np
import pymc as pm
import pytensor.tensor as pt

ANSWER = {"names": ["steepness", "dry_weight"], "cause_class": "c"}

rng = np.random.default_rng(90)
BIOTYPES = ["susceptible", "field_A", "field_B"]
DOSES = np.array([0.0, 12.5, 25, 50, 100, 200, 400, 800])  # g a.i./ha
N_BENCH, REPS = 4, 4
BIOTYPE, _d, BENCH = (
    g.ravel() for g in np.meshgrid(np.arange(3), np.arange(8), np.arange(REPS), indexing="ij")
)
DOSE = DOSES[_d]
_ed50 = np.array([38.0, 95.0, 210.0])
_steep = np.array([2.1, 1.6, 1.8])
_mean = 0.25 + (3.4 - 0.25) / (1 + (DOSE / _ed50[BIOTYPE]) ** _steep[BIOTYPE])
WEIGHT = _mean * np.exp(rng.normal(0, 0.05, N_BENCH)[BENCH] + rng.normal(0, 0.13, DOSE.size))


def build(*, written: Literal["faulty", "repaired"] = "faulty") -> pm.Model:
    with pm.Model(
        coords={"biotype": BIOTYPES, "row": np.arange(N_BENCH), "pot": np.arange(DOSE.size)}
    ) as model:
        lower = pm.LogNormal("lower", np.log(0.3), 0.4)
        upper = pm.LogNormal("upper", np.log(3.0), 0.4)
        log_ed50 = pm.Normal("log_ed50", np.log(100.0), 1.0, dims="biotype")
        steepness = pm.LogNormal("steepness", np.log(2.0), 0.4, dims="biotype")
        bench = pm.ZeroSumNormal("bench", 0.1, dims="row")
        noise = pm.HalfNormal("noise", 0.3)

        if written == "faulty":
            distance = np.log(DOSE, where=DOSE > 0, out=np.full(DOSE.size, -np.inf)) - log_ed50[BIOTYPE]
            surviving = 1.0 / (1.0 + pt.exp(steepness[BIOTYPE] * distance))
        else:
            treated = np.flatnonzero(DOSE > 0)
            distance = np.log(DOSE[treated]) - log_ed50[BIOTYPE[treated]]
            response = 1.0 / (1.0 + pt.exp(steepness[BIOTYPE[treated]] * distance))
            surviving = pt.set_subtensor(pt.ones(DOSE.size)[treated], response)
        mean = lower + (upper - lower) * surviving
        pm.LogNormal("dry_weight", pt.log(mean) + bench[BENCH], noise, observed=WEIGHT, dims="pot")
    return model
