"""Two faults: a centered hierarchy of weak studies, and control data that are counted twice."""

from typing import Literal

import numpy as np
import pymc as pm

ANSWER = {
    "names": ["study_effect", "heterogeneity"],
    "cause_class": "a",
    "also": [{"names": ["control_again", "control"], "cause_class": "c"}],
}

rng = np.random.default_rng(101)
STUDIES = 10
error = rng.uniform(0.3, 0.6, STUDIES)
effect = rng.normal(0.2, error)
baseline = rng.normal(3.0, 0.8, 60)


def build(*, written: Literal["faulty", "repaired"] = "faulty") -> pm.Model:
    with pm.Model(coords={"study": np.arange(STUDIES)}) as model:
        pooled = pm.Normal("pooled", 0, 1)
        heterogeneity = pm.HalfNormal("heterogeneity", 0.5)
        if written == "faulty":
            study_effect = pm.Normal("study_effect", pooled, heterogeneity, dims="study")
        else:
            unit = pm.Normal("unit", 0, 1, dims="study")
            study_effect = pm.Deterministic("study_effect", pooled + heterogeneity * unit, dims="study")
        pm.Normal("effect", study_effect, error, observed=effect, dims="study")

        control_mean = pm.Normal("control_mean", 3, 2)
        control_sd = pm.HalfNormal("control_sd", 1)
        pm.Normal("control", control_mean, control_sd, observed=baseline)
        if written == "faulty":
            again = pm.logp(pm.Normal.dist(control_mean, control_sd), baseline)
            pm.Potential("control_again", again.sum())
    return model
