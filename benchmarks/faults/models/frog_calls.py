"""Frogs that call on some of the nights: how many sit in each pond is a Poisson count, moved by Metropolis steps."""

from typing import Literal

import numpy as np
import pymc as pm
import pytensor.tensor as pt

ANSWER = {"names": ["frogs"], "cause_class": "a"}

rng = np.random.default_rng(5201)
PONDS, NIGHTS, MOST = 30, 4, 80
sitting = rng.poisson(12, PONDS)
calls = rng.binomial(sitting[:, None], 0.4, (PONDS, NIGHTS))


def build(*, written: Literal["faulty", "repaired"] = "faulty") -> pm.Model:
    with pm.Model(coords={"pond": np.arange(PONDS), "night": np.arange(NIGHTS)}) as model:
        per_pond = pm.Gamma("per_pond", 6, 0.5)
        calling = pm.Beta("calling", 4, 4)
        if written == "faulty":
            frogs = pm.Poisson("frogs", per_pond, initval=calls.max(axis=1) + 2, dims="pond")
            pm.Binomial("calls", frogs[:, None], calling, observed=calls, dims=("pond", "night"))
        else:
            counts = np.arange(MOST)
            each = pm.logp(pm.Binomial.dist(counts[None, None, :], calling), calls[:, :, None]).sum(axis=1)
            number = pm.logp(pm.Poisson.dist(per_pond), counts)
            pm.Potential("calls", pt.logsumexp(each + number, axis=1).sum())
    return model
