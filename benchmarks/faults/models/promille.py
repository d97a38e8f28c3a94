"""Blood alcohol of eight volunteers with Michaelis-Menten elimination, its closed form (Lambert W) as an own Op.

The hand-written gradient forgets the product rule for km in km * W(z): the term W is missing there. The values are
right. Repaired: with that term. The breath device's calibration and the widths over the volunteers are sound.
"""

from typing import Literal

import numpy as np
import pymc as pm
import pytensor.tensor as pt
from pytensor.graph.basic import Apply
from pytensor.graph.op import Op
from scipy.special import wrightomega

ANSWER = {"names": ["bak"], "cause_class": "c"}

rng = np.random.default_rng(30308)
WER, STUNDEN = 8, np.array([0.5, 1, 2, 3, 4, 5, 6, 7, 8.0])
wer = np.repeat(np.arange(WER), STUNDEN.size)
zeit = np.tile(STUNDEN, WER)
dosis_je_kg = rng.uniform(0.55, 0.85, WER)


def conc(c0, vmax, km, t):
    return km * np.real(wrightomega(np.log(c0 / km) + (c0 - vmax * t) / km))


_v = 0.22 * np.exp(rng.normal(0, 0.18, WER))
bak = conc((dosis_je_kg / 0.65)[wer], _v[wer], 0.12, zeit) + rng.normal(0, 0.03, wer.size)
soll = np.repeat([0.2, 0.5, 0.8, 1.1], 5)
atem = 0.03 + 0.94 * soll + rng.normal(0, 0.04, soll.size)


class Elimination(Op):
    """Concentrations after the times t, element by element."""

    __props__ = ("variant",)

    def __init__(self, variant: str):
        self.variant = variant

    def make_node(self, c0, vmax, km, t):
        inputs = [pt.as_tensor_variable(x).astype("float64") for x in (c0, vmax, km, t)]
        return Apply(self, inputs, [pt.dvector()])

    def perform(self, node, inputs, outputs):
        outputs[0][0] = np.asarray(conc(*inputs), dtype="float64")

    def pullback(self, inputs, outputs, cotangents):
        c0, vmax, km, t = inputs
        (g,) = cotangents
        w = outputs[0] / km
        r = w / (1 + w)
        d_km = -r * (1 + (c0 - vmax * t) / km) + (w if self.variant == "repaired" else 0)
        return [g * r * (1 + km / c0), -g * r * t, g * d_km, -g * r * vmax]


def build(*, written: Literal["faulty", "repaired"] = "faulty") -> pm.Model:
    with pm.Model(coords={"wer": list("ABCDEFGH"), "probe": np.arange(wer.size)}) as model:
        vd = pm.LogNormal("vd", np.log(0.65), 0.15)
        v_mu = pm.Normal("v_mu", np.log(0.2), 0.3)
        v_tau = pm.HalfNormal("v_tau", 0.3)
        log_v = pm.Normal("log_v", v_mu, v_tau, dims="wer")
        km = pm.LogNormal("km", np.log(0.1), 0.4)
        s_bak = pm.HalfNormal("s_bak", 0.1)
        kurve = Elimination(written)(
            (dosis_je_kg / vd)[wer], pt.exp(log_v)[wer], km * np.ones(wer.size), zeit
        )
        pm.Normal("bak", kurve, s_bak, observed=bak, dims="probe")

        k0, k1 = pm.Normal("k0", 0, 0.1), pm.Normal("k1", 1, 0.2)
        pm.Normal("atem", k0 + k1 * soll, pm.HalfNormal("s_atem", 0.1), observed=atem)
    return model
