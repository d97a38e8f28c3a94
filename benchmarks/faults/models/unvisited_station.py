"""Flat levels for every station, and one station of which the quality filter left no reading."""

from typing import Literal

import numpy as np
import pymc as pm

ANSWER = {"names": ["station_level"], "cause_class": "b"}

rng = np.random.default_rng(1109)
STATIONS = ["harbour", "mill", "ridge", "school", "tower", "valley"]
station = rng.integers(0, 6, 150)
ozone = np.array([48.0, 52, 61, 45, 57, 50])[station] + rng.normal(0, 6, 150)
wind = rng.weibull(2.0, 150) * 5
good = station != 4
lorries = rng.poisson(14.0, 40)


def build(*, written: Literal["faulty", "repaired"] = "faulty") -> pm.Model:
    with pm.Model(coords={"station": STATIONS}) as model:
        where = pm.Data("where", station[good])
        breeze = pm.Data("breeze", wind[good] - 4.5)
        if written == "faulty":
            station_level = pm.Flat("station_level", dims="station")
        else:
            station_level = pm.Normal("station_level", 50, 15, dims="station")
        per_wind = pm.Normal("per_wind", 0, 2)
        expected = pm.Deterministic("expected", station_level[where] + per_wind * breeze)
        pm.Normal("ozone", expected, pm.HalfNormal("scatter", 10), observed=ozone[good])

        speed_shape = pm.Gamma("speed_shape", 6, 3)
        speed_scale = pm.LogNormal("speed_scale", 1.5, 0.5)
        pm.Weibull("wind", speed_shape, speed_scale, observed=wind)
        traffic = pm.Gamma("traffic", 5, 0.3)
        pm.Poisson("lorries", traffic, observed=lorries)
    return model
