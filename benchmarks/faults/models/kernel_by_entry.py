"""The covariance of the wells is filled entry by entry in a Python loop; the twin computes the same from arrays."""

from typing import Literal

import numpy as np
import pymc as pm
import pytensor.tensor as pt

ANSWER = {"names": ["nitrate"], "cause_class": "d"}

rng = np.random.default_rng(1114)
WELLS = 22
east, north = rng.uniform(0, 10, (2, WELLS))
squared = (east[:, None] - east) ** 2 + (north[:, None] - north) ** 2
true = 2.0 * np.exp(-squared / (2 * 3.0**2)) + 0.2 * np.eye(WELLS)
nitrate = 8 + np.linalg.cholesky(true) @ rng.normal(0, 1, WELLS)


def build(*, written: Literal["faulty", "repaired"] = "faulty") -> pm.Model:
    with pm.Model(coords={"well": np.arange(WELLS)}) as model:
        average = pm.Normal("average", 8, 3)
        reach = pm.LogNormal("reach", 1, 0.5)
        contrast = pm.HalfNormal("contrast", 2)
        nugget = pm.HalfNormal("nugget", 0.7)
        if written == "faulty":
            covariance = pt.zeros((WELLS, WELLS))
            for i in range(WELLS):
                for j in range(WELLS):
                    entry = contrast**2 * pt.exp(-squared[i, j] / (2 * reach**2)) + nugget**2 * float(i == j)
                    covariance = pt.set_subtensor(covariance[i, j], entry)
        else:
            covariance = contrast**2 * pt.exp(-squared / (2 * reach**2)) + nugget**2 * pt.eye(WELLS)
        pm.MvNormal("nitrate", average * pt.ones(WELLS), cov=covariance, observed=nitrate, dims="well")
    return model
