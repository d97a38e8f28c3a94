"""An influenza outbreak in a boarding school, SIR in daily steps (scan), negative binomial daily cases.

Because children are whole, the daily infections and recoveries are rounded inside the loop and then clipped: the
gradient with respect to beta, gamma and i0 is zero everywhere and the density is a staircase. Repaired: neither.
The blood survey after the outbreak is sound.
"""

from typing import Literal

import numpy as np
import pymc as pm
import pytensor
import pytensor.tensor as pt

ANSWER = {"names": ["neu"], "cause_class": "c"}

rng = np.random.default_rng(30307)
SCHULE, TAGE = 1200, 36


def epidemie(beta, gamma, i0):
    s, i, neu = SCHULE - i0, i0, []
    for _ in range(TAGE):
        inf, gen = s * (1 - np.exp(-beta * i / SCHULE)), i * (1 - np.exp(-gamma))
        s, i = s - inf, i + inf - gen
        neu.append(inf)
    return np.array(neu)


_m = epidemie(0.62, 0.27, 5.0)
neu = rng.negative_binomial(12, 12 / (12 + _m))
klasse_n = rng.integers(22, 30, 9)
klasse_pos = rng.binomial(klasse_n, 1 / (1 + np.exp(-rng.normal(1.4, 0.3, 9))))


def build(*, written: Literal["faulty", "repaired"] = "faulty") -> pm.Model:
    def schritt(s, i, beta, gamma):
        inf = s * -pt.expm1(-beta * i / SCHULE)
        gen = i * -pt.expm1(-gamma)
        if written == "faulty":
            inf, gen = pt.clip(pt.round(inf), 0, s), pt.clip(pt.round(gen), 0, i)
        return s - inf, i + inf - gen, inf

    with pm.Model(coords={"tag": np.arange(TAGE), "klasse": np.arange(5, 14)}) as model:
        beta = pm.LogNormal("beta", np.log(0.5), 0.4)
        gamma = pm.LogNormal("gamma", np.log(0.3), 0.3)
        i0 = pm.LogNormal("i0", np.log(5), 0.5)
        pm.Deterministic("r0", beta / gamma)
        _, _, inf = pytensor.scan(
            schritt,
            outputs_info=[SCHULE - i0, i0, None],
            non_sequences=[beta, gamma],
            n_steps=TAGE,
            return_updates=False,
        )
        mu = pt.maximum(inf, 0.1) if written == "faulty" else inf
        phi = pm.LogNormal("phi", 2, 0.7)
        pm.NegativeBinomial("neu", mu=mu, alpha=phi, observed=neu, dims="tag")

        q0 = pm.Normal("q0", 0, 1.5)
        q_kl = pm.ZeroSumNormal("q_kl", 0.4, dims="klasse")
        pm.Binomial("klasse_pos", klasse_n, logit_p=q0 + q_kl, observed=klasse_pos, dims="klasse")
    return model
