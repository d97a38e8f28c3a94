"""A reading test with free slopes (two-parameter logistic) whose slopes may take either sign.

Abilities are N(0, 1) and slopes N(0, 1.5): turning the sign of all abilities and all slopes leaves the density
the same, so each chain settles on one of two mirrored modes. Repaired: slopes are positive (log-normal).
The reading times beside it are sound.
"""

from typing import Literal

import numpy as np
import pymc as pm

ANSWER = {"names": ["faehigkeit", "steigung"], "cause_class": "a"}

rng = np.random.default_rng(30301)
KINDER, AUFGABEN = 50, 14
_theta = rng.normal(0, 1, KINDER)
_a = np.exp(rng.normal(0.2, 0.3, AUFGABEN))
_c = rng.normal(0.3, 0.9, AUFGABEN)
richtig = rng.binomial(1, 1 / (1 + np.exp(-(_a * _theta[:, None] + _c))))
_dauer = rng.normal(0, 0.35, AUFGABEN)
log_zeit = 3.1 + (_dauer - _dauer.mean()) + rng.normal(0, 0.4, (KINDER, AUFGABEN))


def build(*, written: Literal["faulty", "repaired"] = "faulty") -> pm.Model:
    coords = {"kind": np.arange(KINDER), "aufgabe": [f"A{i + 1:02d}" for i in range(AUFGABEN)]}
    with pm.Model(coords=coords) as model:
        faehigkeit = pm.Normal("faehigkeit", 0, 1, dims="kind")
        if written == "faulty":
            steigung = pm.Normal("steigung", 0, 1.5, dims="aufgabe")
        else:
            steigung = pm.LogNormal("steigung", 0, 0.4, dims="aufgabe")
        leichtigkeit = pm.Normal("leichtigkeit", 0, 1.5, dims="aufgabe")
        eta = steigung[None, :] * faehigkeit[:, None] + leichtigkeit[None, :]
        pm.Bernoulli("richtig", logit_p=eta, observed=richtig, dims=("kind", "aufgabe"))
        pm.Deterministic("anteil_mittel", pm.math.sigmoid(leichtigkeit), dims="aufgabe")

        zeit_mittel = pm.Normal("zeit_mittel", 3, 1)
        zeit_tau = pm.HalfNormal("zeit_tau", 0.5)
        zeit_aufgabe = pm.ZeroSumNormal("zeit_aufgabe", zeit_tau, dims="aufgabe")
        zeit_sd = pm.HalfNormal("zeit_sd", 1)
        pm.Normal(
            "log_zeit",
            zeit_mittel + zeit_aufgabe[None, :],
            zeit_sd,
            observed=log_zeit,
            dims=("kind", "aufgabe"),
        )
    return model
