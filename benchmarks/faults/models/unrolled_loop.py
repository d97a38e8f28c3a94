"""An epidemic stepped through 120 days in a Python loop: the graph holds every step."""

from typing import Literal

import numpy as np
import pymc as pm
import pytensor
import pytensor.tensor as pt

ANSWER = {"names": ["graph", "new_cases"], "cause_class": "d"}

DAYS = 120
rng = np.random.default_rng(81)


def step(healthy, ill, spread, recovery):
    """One day: shares of the population, all ()."""
    infected = spread * healthy * ill
    return healthy - infected, ill + infected - recovery * ill


healthy, ill, shares = 0.99, 0.01, []
for _ in range(DAYS):
    healthy, ill = step(healthy, ill, 0.3, 0.1)
    shares.append(ill)
new_cases = rng.poisson(1000 * np.array(shares))


def build(*, written: Literal["faulty", "repaired"] = "faulty") -> pm.Model:
    with pm.Model() as model:
        spread = pm.LogNormal("spread", -1.2, 0.3)
        recovery = pm.LogNormal("recovery", -2.3, 0.3)
        if written == "faulty":
            states = [(0.99, 0.01)]
            for _ in range(DAYS):
                states.append(step(*states[-1], spread, recovery))
            ill = pt.stack([state[1] for state in states[1:]])
        else:
            start = [pt.as_tensor(0.99), pt.as_tensor(0.01)]
            _, ill = pytensor.scan(
                step, outputs_info=start, non_sequences=[spread, recovery], n_steps=DAYS, return_updates=False
            )
        pm.Poisson("new_cases", 1000 * pm.Deterministic("ill", ill), observed=new_cases)
    return model
