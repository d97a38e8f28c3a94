"""A likelihood written by hand in a potential, with everything that belongs to it: Laplace noise."""

import numpy as np
import pymc as pm
import pytensor.tensor as pt

ANSWER = None

rng = np.random.default_rng(214)
N = 130
hour = np.linspace(0, 24, N)
tide = 2.0 + 1.2 * np.sin(2 * np.pi * hour / 12.4) + rng.laplace(0, 0.3, N)
wave = np.stack([np.sin(2 * np.pi * hour / 12.4), np.cos(2 * np.pi * hour / 12.4)], axis=1)


def build() -> pm.Model:
    with pm.Model() as model:
        level = pm.Normal("level", 2, 2)
        amplitude = pm.Normal("amplitude", 0, 2, shape=2)
        scale = pm.HalfNormal("scale", 1)
        residual = tide - (level + pt.dot(wave, amplitude))
        pm.Potential("tide", (-pt.abs(residual) / scale - pt.log(2 * scale)).sum())
    return model
