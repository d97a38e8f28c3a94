"""Huts numbered from 1, as on their doors, index an array that counts from 0."""

from typing import Literal

import numpy as np
import pymc as pm

ANSWER = {"names": ["guests"], "cause_class": "b"}

rng = np.random.default_rng(5204)
HUTS = 9
door = rng.integers(1, HUTS + 1, 140)
guests = rng.poisson(np.exp(2 + rng.normal(0, 0.5, HUTS))[door - 1])


def build(*, written: Literal["faulty", "repaired"] = "faulty") -> pm.Model:
    hut = door if written == "faulty" else door - 1
    with pm.Model(coords={"hut": np.arange(HUTS)}) as model:
        usual = pm.Normal("usual", 2, 1)
        spread = pm.HalfNormal("spread", 1)
        offset = pm.Normal("offset", dims="hut")
        pm.Poisson("guests", pm.math.exp(usual + spread * offset[hut]), observed=guests)
    return model
