"""Softmax with a free logit for every class: adding a constant to all of them changes nothing."""

from typing import Literal

import numpy as np
import pymc as pm
import pytensor.tensor as pt

ANSWER = {"names": ["utility"], "cause_class": "a"}

PARTY = ["green", "red", "blue", "other"]
votes = np.array([132, 208, 171, 39])


def build(*, written: Literal["faulty", "repaired"] = "faulty") -> pm.Model:
    with pm.Model(coords={"party": PARTY}) as model:
        if written == "faulty":
            utility = pm.Normal("utility", 0, 2000, dims="party")
        else:
            relative = pm.Normal("relative", 0, 2, shape=3)
            utility = pm.Deterministic("utility", pt.concatenate([[0.0], relative]), dims="party")
        share = pm.Deterministic("share", pm.math.softmax(utility), dims="party")
        pm.Multinomial("votes", votes.sum(), share, observed=votes, dims="party")
    return model
