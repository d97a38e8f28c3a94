"""Monthly rents (100 EUR) of flats against floor area and number of rooms, which go closely together, and distance to
the centre; heavy-tailed residuals with the tail index estimated."""

import numpy as np
import pandas as pd
import pymc as pm

ANSWER = None

rng = np.random.default_rng(65)
flats = pd.DataFrame({"area": rng.normal(0, 1, 220)})
flats["rooms"] = 0.93 * flats["area"] + 0.37 * rng.normal(size=220)
flats["distance"] = rng.normal(0, 1, 220)
flats["rent"] = 9 + flats @ np.array([2.0, 0.6, -0.8]) + 0.9 * rng.standard_t(2.5, 220)


def build() -> pm.Model:
    with pm.Model(coords={"flat": flats.index}) as rents:
        mu = pm.Normal("intercept", 10, 5)
        for column in ("area", "rooms", "distance"):
            mu += pm.Normal(f"b_{column}", 0, 3) * flats[column].to_numpy()
        scale = pm.HalfCauchy("scale", 1)
        nu = pm.Gamma("nu", 2, 0.1)
        pm.StudentT("rent", nu=nu, mu=mu, sigma=scale, observed=flats["rent"].to_numpy(), dims="flat")
    return rents
