"""A live model for the call: eight schools with one error, and their data."""

import numpy as np
import pymc as pm

Y = np.array([28.0, 8, -3, 7, -1, 1, 18, 12])


def funnel(y):
    with pm.Model(coords={"school": list("ABCDEFGH")}) as model:
        tau = pm.HalfCauchy("tau", 5)
        theta = pm.Normal("theta", pm.Normal("mu", 0, 5), tau, dims="school")
        pm.Normal("y", theta, 12.0, observed=y, dims="school")
    return model
