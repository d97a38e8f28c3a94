"""Weekly dengue notifications in four provinces over two years: a negative-binomial log-linear model with a
yearly harmonic per province (amplitude and timing of the peak) and a province level."""

from typing import Literal

import numpy as np
import pymc as pm
import pytensor.tensor as pt

ANSWER = {"names": ["peak"], "cause_class": "a"}

rng = np.random.default_rng(4107)
PROVINCES = ["north", "delta", "highland", "coast"]
WEEKS = np.arange(104)
SEASON = 2 * np.pi * WEEKS / 52.0
POPULATION = np.array([0.62, 1.10, 0.35, 0.81])  # millions

true_level = np.array([2.9, 3.2, 2.5, 3.0])
true_amp = np.array([0.55, 0.8, 0.45, 0.65])
true_peak = np.array([3.05, -3.08, 3.12, -3.02])
_rate = POPULATION * np.exp(true_level + true_amp * np.cos(SEASON[:, None] - true_peak))
CASES = rng.negative_binomial(8.0, 8.0 / (8.0 + _rate))


def build(*, written: Literal["faulty", "repaired"] = "faulty") -> pm.Model:
    with pm.Model(coords={"province": PROVINCES, "week": WEEKS}) as model:
        level = pm.Normal("level", 2.5, 1.0, dims="province")

        if written == "faulty":
            amplitude = pm.Weibull("amplitude", alpha=2.0, beta=0.6 * np.sqrt(2.0), dims="province")
            peak = pm.Uniform("peak", -np.pi, np.pi, dims="province")
            season = amplitude * pt.cos(SEASON[:, None] - peak)
        else:
            cosine = pm.Normal("cosine", 0.0, 0.6, dims="province")
            sine = pm.Normal("sine", 0.0, 0.6, dims="province")
            pm.Deterministic("amplitude", pt.sqrt(cosine**2 + sine**2), dims="province")
            pm.Deterministic("peak", pt.arctan2(sine, cosine), dims="province")
            season = cosine * np.cos(SEASON)[:, None] + sine * np.sin(SEASON)[:, None]

        dispersion = pm.Gamma("dispersion", 4.0, 0.5)
        pm.NegativeBinomial(
            "cases",
            mu=POPULATION * pt.exp(level + season),
            alpha=dispersion,
            observed=CASES,
            dims=("week", "province"),
        )
    return model
