"""Nitrate concentration (log mg/L) in a farmland stream against the rainfall (mm) of the two days before sampling,
season and discharge."""

from typing import Literal

import numpy as np
import pymc as pm

ANSWER = {"names": ["b_rain", "nitrate", "log_rain"], "cause_class": "b"}

rain = np.fromstring(
    "3.2 8.1 0.4 12.6 22.0 1.8 6.6 0.0 4.9 15.3 2.2 9.7 0.9 30.1 5.5 0.0 7.4 11.8 2.9 18.4 0.6 3.8 13.9 25.2 "
    "1.1 6.0 10.5 0.3 4.1 16.7",
    sep=" ",
)
rng = np.random.default_rng(333)
discharge = rng.normal(0, 1, rain.size)
summer = rng.integers(0, 2, rain.size)
log_no3 = 1.6 + 0.25 * np.log1p(rain) - 0.2 * discharge - 0.4 * summer + 0.2 * rng.normal(size=rain.size)


def build(*, written: Literal["faulty", "repaired"] = "faulty") -> pm.Model:
    with np.errstate(divide="ignore"):
        x = np.log(rain) if written == "faulty" else np.log1p(rain)
    with pm.Model(coords={"visit": np.arange(rain.size)}) as model:
        log_rain = pm.Data("log_rain", x, dims="visit")
        a = pm.Normal("a", 0, 2)
        b_rain = pm.Normal("b_rain", 0, 1)
        b_discharge = pm.Normal("b_discharge", 0, 1)
        b_summer = pm.Normal("b_summer", 0, 1)
        mu = a + b_rain * log_rain + b_discharge * discharge + b_summer * summer
        pm.StudentT("nitrate", 5, mu, sigma=pm.HalfNormal("s", 1), observed=log_no3, dims="visit")
    return model
