"""Only sources above the limit of their field are in the catalogue; their normal density is cut but not rescaled."""

from typing import Literal

import numpy as np
import pymc as pm

ANSWER = {"names": ["log_flux"], "cause_class": "c"}

rng = np.random.default_rng(1110)
FIELD_LIMIT = np.array([0.4, 0.9, 1.3])
field = rng.integers(0, 3, 600)
everything = rng.normal(1.0, 0.6, 600)
kept = everything > FIELD_LIMIT[field]
limit, log_flux = FIELD_LIMIT[field][kept], everything[kept]


def build(*, written: Literal["faulty", "repaired"] = "faulty") -> pm.Model:
    def above_limit(value, centre, width, low):
        """Log-density of each source: (N,)."""
        terms = -0.5 * ((value - centre) / width) ** 2 - pm.math.log(width) - 0.5 * np.log(2 * np.pi)
        if written == "repaired":
            terms = terms - pm.math.log(0.5 * pm.math.erfc((low - centre) / (width * np.sqrt(2))))
        return pm.math.switch(pm.math.ge(value, low), terms, -np.inf)

    with pm.Model(coords={"source": np.arange(limit.size)}) as model:
        depth = pm.Data("depth", limit, dims="source")
        centre = pm.Normal("centre", 1, 0.7)
        width = pm.HalfNormal("width", 1)
        pm.CustomDist("log_flux", centre, width, depth, logp=above_limit, observed=log_flux, dims="source")
    return model
