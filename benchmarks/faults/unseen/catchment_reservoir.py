"""Daily streamflow (mm) of a small catchment over a year from rain, by one linear reservoir:
recession rate, runoff share, initial storage and baseflow."""

from typing import Literal

import numpy as np
import pymc as pm
import pytensor.tensor as pt

ANSWER = {"names": ["storage", "flow", "recession"], "cause_class": "d"}

rng = np.random.default_rng(1066)
DAYS = 365
rain = rng.gamma(0.5, 8.0, DAYS) * (rng.random(DAYS) < 0.4)
_s, _q = 20.0, []
for _t in range(DAYS):
    _s = 0.85 * _s + 0.45 * rain[_t]
    _q.append(0.3 + 0.15 * _s)
streamflow = np.array(_q) * np.exp(0.15 * rng.normal(size=DAYS))


def storages(recession, share, initial, written):
    keep = 1 - recession
    if written == "faulty":
        current, out = initial, []
        for t in range(DAYS):
            current = keep * current + share * rain[t]
            out.append(current)
        return pt.stack(out)
    lagged = np.array([[rain[t - k] if k <= t else 0.0 for k in range(DAYS)] for t in range(DAYS)])
    decay = keep ** np.arange(DAYS + 1)
    return share * pt.dot(lagged, decay[:DAYS]) + initial * decay[1:]


def build(*, written: Literal["faulty", "repaired"] = "faulty") -> pm.Model:
    with pm.Model(coords={"day": np.arange(DAYS)}) as model:
        recession = pm.Beta("recession", 2, 8)
        share = pm.Beta("share", 4, 4)
        initial = pm.Gamma("initial", 4, 0.2)
        baseflow = pm.HalfNormal("baseflow", 0.5)
        storage = pm.Deterministic("storage", storages(recession, share, initial, written), dims="day")
        error = pm.HalfNormal("error", 0.5)
        flow = pt.log(baseflow + recession * storage)
        pm.Normal("flow", flow, error, observed=np.log(streamflow), dims="day")
    return model
