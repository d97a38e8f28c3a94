"""Day of cherry blossom against the calendar year (1985 to 2024), the year as it stands in the table.

The intercept is then the day in the year 0, and intercept and slope lie on a ridge of correlation -0.99998: every
tree runs to its maximum depth. Repaired: years counted from 2005. Stations and rain are sound.
"""

from typing import Literal

import numpy as np
import pymc as pm

ANSWER = {"names": ["tag0", "b_jahr"], "cause_class": "a"}

rng = np.random.default_rng(30303)
orte = ["Bonn", "Jena", "Kiel", "Lindau", "Trier", "Zwickau"]
jahre = np.arange(1985, 2025)
ort = np.repeat(np.arange(6), jahre.size)
jahr = np.tile(jahre, 6).astype(float)
_ort = np.array([-6.0, 2.0, 5.0, -3.0, -4.0, 6.0])
tag = np.round(112 - 0.28 * (jahr - 2005) + _ort[ort] + rng.normal(0, 4.5, jahr.size))
regen = rng.gamma(4.0, 52.0 / 4.0, jahre.size)


def build(*, written: Literal["faulty", "repaired"] = "faulty") -> pm.Model:
    with pm.Model(coords={"ort": orte, "jahr": jahre}) as model:
        x = jahr if written == "faulty" else jahr - 2005
        breite = 500 if written == "faulty" else 50
        tag0 = pm.Normal("tag0", 110, breite)
        b_jahr = pm.Normal("b_jahr", 0, 1)
        s_ort = pm.HalfNormal("s_ort", 8)
        ort_abw = pm.ZeroSumNormal("ort_abw", s_ort, dims="ort")
        s_tag = pm.HalfNormal("s_tag", 10)
        pm.Normal("tag", tag0 + b_jahr * x + ort_abw[ort], s_tag, observed=tag)
        pm.Deterministic("tage_je_dekade", 10 * b_jahr)

        regen_mittel = pm.LogNormal("regen_mittel", 4, 0.5)
        regen_form = pm.LogNormal("regen_form", 1, 0.7)
        pm.Gamma("regen", regen_form, regen_form / regen_mittel, observed=regen, dims="jahr")
    return model
