"""Heights of trees in 24 plots, measured every few years: linear growth, intercepts and slopes by plot."""

from typing import Literal

import numpy as np
import pymc as pm

ANSWER = {"names": ["mu_start", "start", "mu_rate", "growth"], "cause_class": "a"}

rng = np.random.default_rng(11)
n_plots = 24
plot = np.repeat(np.arange(n_plots), 6)
year = np.tile([1994, 1998, 2002, 2006, 2010, 2014], n_plots).astype(float)
level = rng.normal(12, 2, n_plots)
rate = rng.normal(0.35, 0.08, n_plots)
height = level[plot] + rate[plot] * (year - 2004) + rng.normal(0, 0.5, len(plot))


def build(*, written: Literal["faulty", "repaired"] = "faulty") -> pm.Model:
    with pm.Model(coords={"plot": np.arange(n_plots)}) as model:
        years = year if written == "faulty" else year - year.mean()
        mu_start = pm.Normal("mu_start", 0, 1000)
        mu_rate = pm.Normal("mu_rate", 0, 1)
        sd_start = pm.HalfNormal("sd_start", 200)
        sd_rate = pm.HalfNormal("sd_rate", 0.5)
        start = pm.Normal("start", mu_start, sd_start, dims="plot")
        growth = pm.Normal("growth", mu_rate, sd_rate, dims="plot")
        noise = pm.HalfNormal("noise", 1)
        pm.Normal("height", start[plot] + growth[plot] * years, noise, observed=height)
    return model
