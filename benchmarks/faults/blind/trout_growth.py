"""Von Bertalanffy growth of brown trout in five rivers from age readings and fork lengths: asymptotic length
and growth coefficient by river, one common age at length zero, lognormal scatter."""

from typing import Literal

import numpy as np
import pymc as pm
import pytensor.tensor as pt

ANSWER = {"names": ["asymptote", "fork_length"], "cause_class": "b"}

rng = np.random.default_rng(2203)
RIVERS = ["Ardle", "Blackwater", "Eden", "Isla", "Tilt"]
N_FISH = 220
RIVER = rng.integers(0, 5, N_FISH)
AGE = rng.uniform(0.6, 11.0, N_FISH).round(1)
_linf = np.array([468.0, 521.0, 495.0, 447.0, 540.0])
_k = np.array([0.34, 0.27, 0.30, 0.38, 0.26])
LENGTH = (_linf[RIVER] * (1 - np.exp(-_k[RIVER] * (AGE + 0.4))) * np.exp(rng.normal(0, 0.07, N_FISH))).round()


def build(*, written: Literal["faulty", "repaired"] = "faulty") -> pm.Model:
    length = LENGTH if written == "faulty" else LENGTH / 10.0
    with pm.Model(coords={"river": RIVERS, "fish": np.arange(N_FISH)}) as model:
        # brown trout of these rivers grow to 30-80 cm
        asymptote = pm.Uniform("asymptote", 20.0, 90.0, dims="river")
        growth = pm.LogNormal("growth", np.log(0.3), 0.4, dims="river")
        age_zero = pm.Gamma("age_zero", 2.0, 4.0)
        scatter = pm.HalfNormal("scatter", 0.2)
        expected = asymptote[RIVER] * (1 - pt.exp(-growth[RIVER] * (AGE + age_zero)))
        pm.LogNormal("fork_length", pt.log(expected), scatter, observed=length, dims="fish")
    return model
