"""Answers on a scale of four: the cutpoints have to increase, and where nothing else is said PyMC starts them all at 0."""

from typing import Literal

import numpy as np
import pymc as pm
from pymc.distributions.transforms import ordered

ANSWER = {"names": ["cutpoints"], "cause_class": "b"}

rng = np.random.default_rng(271)
dose = rng.uniform(0, 2, 250)
relief = np.digitize(0.9 * dose + rng.logistic(0, 1, 250), [-0.5, 0.8, 2.2])


def build(*, written: Literal["faulty", "repaired"] = "faulty") -> pm.Model:
    start = {} if written == "faulty" else {"initval": np.array([-1.0, 0.0, 1.0])}
    with pm.Model() as model:
        effect = pm.Normal("effect", 0, 1)
        cutpoints = pm.Normal("cutpoints", 0, 3, shape=3, transform=ordered, **start)
        pm.OrderedLogistic("relief", eta=effect * dose, cutpoints=cutpoints, observed=relief)
    return model
