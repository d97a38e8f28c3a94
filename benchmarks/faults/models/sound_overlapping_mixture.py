"""Two components that overlap clearly, told apart by their widths, which are known."""

import numpy as np
import pymc as pm

ANSWER = None

rng = np.random.default_rng(223)
N = 300
delay = np.where(rng.random(N) < 0.7, rng.normal(0, 1.0, N), rng.normal(1.5, 2.5, N))


def build() -> pm.Model:
    with pm.Model(coords={"cause": ["usual", "strike"]}) as model:
        usual = pm.Beta("usual", 14, 6)
        centre = pm.Normal("centre", [0.0, 1.5], [0.5, 0.5], dims="cause")
        share = pm.math.stack([usual, 1 - usual])
        pm.NormalMixture("delay", share, centre, np.array([1.0, 2.5]), observed=delay)
    return model
