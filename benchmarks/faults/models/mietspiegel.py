"""Rents in euros per square metre by district; the scatter's prior was thought in another unit.

s_rest ~ HalfNormal(0.02) was written for rents in hundreds of euros; in euros the scatter is about 1.8, ninety prior
deviations away. It is pulled to about 0.7, and every interval comes out too narrow. Repaired: HalfNormal(3).
The vacancy counts are sound.
"""

from typing import Literal

import numpy as np
import pymc as pm

ANSWER = {"names": ["s_rest"], "cause_class": "b"}

rng = np.random.default_rng(30304)
BEZIRKE, JE = 10, 16
bez = np.repeat(np.arange(BEZIRKE), JE)
flaeche = rng.normal(70, 20, BEZIRKE * JE).clip(25, 140)
baujahr_neu = rng.binomial(1, 0.3, BEZIRKE * JE)
_bez = rng.normal(0, 1.4, BEZIRKE)
_bez -= _bez.mean()
qm_miete = 10.4 + _bez[bez] - 0.5 * (flaeche - 70) / 20 + 1.6 * baujahr_neu + rng.normal(0, 1.8, bez.size)
bestand = rng.integers(600, 1500, BEZIRKE)
leer = rng.binomial(bestand, 1 / (1 + np.exp(2.6 - rng.normal(0, 0.6, BEZIRKE))))


def build(*, written: Literal["faulty", "repaired"] = "faulty") -> pm.Model:
    coords = {"bezirk": [f"B{i + 1}" for i in range(BEZIRKE)], "wohnung": np.arange(bez.size)}
    with pm.Model(coords=coords) as model:
        niveau = pm.Normal("niveau", 10, 3)
        s_bez = pm.HalfNormal("s_bez", 2)
        bez_abw = pm.ZeroSumNormal("bez_abw", s_bez, dims="bezirk")
        b_flaeche = pm.Normal("b_flaeche", 0, 1)
        b_neu = pm.Normal("b_neu", 0, 2)
        s_rest = pm.HalfNormal("s_rest", 0.02 if written == "faulty" else 3.0)
        mu = niveau + bez_abw[bez] + b_flaeche * (flaeche - 70) / 20 + b_neu * baujahr_neu
        pm.Normal("qm_miete", mu, s_rest, observed=qm_miete, dims="wohnung")

        leer_mu = pm.Normal("leer_mu", -2.5, 1)
        leer_tau = pm.HalfNormal("leer_tau", 0.7)
        leer_eta = pm.Normal("leer_eta", leer_mu, leer_tau, dims="bezirk")
        pm.Binomial("leer", bestand, logit_p=leer_eta, observed=leer, dims="bezirk")
    return model
