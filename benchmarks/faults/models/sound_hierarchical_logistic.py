"""A logistic regression with an intercept for every hospital."""

import numpy as np
import pymc as pm

ANSWER = None

rng = np.random.default_rng(204)
HOSPITALS, N = 12, 600
hospital = rng.integers(0, HOSPITALS, N)
severity = rng.normal(0, 1, N)
true = rng.normal(-0.5, 0.6, HOSPITALS)[hospital] + 0.9 * severity
readmitted = rng.binomial(1, 1 / (1 + np.exp(-true)))


def build() -> pm.Model:
    with pm.Model(coords={"hospital": np.arange(HOSPITALS)}) as model:
        average = pm.Normal("average", 0, 1.5)
        between = pm.HalfNormal("between", 1)
        unit = pm.Normal("unit", 0, 1, dims="hospital")
        intercept = pm.Deterministic("intercept", average + between * unit, dims="hospital")
        per_severity = pm.Normal("per_severity", 0, 1)
        logit = intercept[hospital] + per_severity * severity
        pm.Bernoulli("readmitted", logit_p=logit, observed=readmitted)
    return model
