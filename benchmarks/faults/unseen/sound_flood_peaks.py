"""Annual flood peaks (100 m3/s) at six gauges of a river: Gumbel peaks with location and scale per gauge through a
written-out log density, and a weak belief about the size of the 100-year flood."""

import numpy as np
import pymc as pm
import pytensor.tensor as pt

ANSWER = None

rng = np.random.default_rng(1953)
GAUGES, YEARS = 6, 35
_loc = np.array([3.0, 4.2, 5.1, 6.3, 7.7, 9.0])
peaks = _loc - (0.3 * _loc) * np.log(-np.log(rng.random((YEARS, GAUGES))))


def gumbel_logp(value, loc, scale):
    z = (value - loc) / scale
    return -z - pt.exp(-z) - pt.log(scale)


def build() -> pm.Model:
    with pm.Model(coords={"gauge": list("ABCDEF"), "year": np.arange(1985, 1985 + YEARS)}) as floods:
        loc = pm.Flat("loc", dims="gauge", initval=peaks.mean(0))
        log_ratio = pm.Normal("log_ratio", -1, 0.5)
        wiggle = pm.ZeroSumNormal("wiggle", sigma=0.3, dims="gauge")
        scale = pm.Deterministic("scale", pt.exp(log_ratio + wiggle) * peaks.mean(0), dims="gauge")
        pm.CustomDist("peaks", loc, scale, logp=gumbel_logp, observed=peaks, dims=("year", "gauge"))
        hundred = pm.Deterministic("hundred", loc - scale * np.log(-np.log(0.99)), dims="gauge")
        guess = pm.StudentT.dist(nu=4, mu=2.5 * peaks.mean(0), sigma=peaks.mean(0))
        pm.Potential("belief", pm.logp(guess, hundred).sum())
    return floods
