"""Data of size 1e5 under priors of the same size."""

import numpy as np
import pymc as pm

ANSWER = None

rng = np.random.default_rng(220)
N = 150
rooms = rng.integers(1, 7, N)
price = 8e4 + 5.5e4 * rooms + rng.normal(0, 3e4, N)


def build() -> pm.Model:
    with pm.Model() as model:
        typical = pm.Normal("typical", 2.5e5, 1e5)
        per_room = pm.Normal("per_room", 5e4, 5e4)
        spread = pm.HalfNormal("spread", 1e5)
        pm.Normal("price", typical + per_room * (rooms - 3.5), spread, observed=price)
    return model
