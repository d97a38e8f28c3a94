"""Daily norovirus reports on a cruise ship: a discrete-time SIR recursion with unknown transmission and recovery
rates, seeding and reporting fraction, negative-binomial reports."""

import numpy as np
import pymc as pm
import pytensor
import pytensor.tensor as pt

ANSWER = None

N_DAY, N_PERSON = 24, 2950.0


def _day(s, i, rate, recovery, exp):
    infected = s * (1 - exp(-rate * i / N_PERSON))
    return s - infected, i + infected - i * (1 - exp(-recovery)), infected


rng = np.random.default_rng(12)
_s, _i, _new = N_PERSON - 6.0, 6.0, []
for _ in range(N_DAY):
    _s, _i, _n = _day(_s, _i, 1.0, 0.5, np.exp)
    _new.append(_n)
_mean = 0.4 * np.array(_new)
REPORTS = rng.negative_binomial(12.0, 12.0 / (12.0 + _mean))


def build() -> pm.Model:
    with pm.Model(coords={"day": np.arange(1, N_DAY + 1)}) as model:
        transmission = pm.LogNormal("transmission", np.log(1.0), 0.5)
        recovery = pm.LogNormal("recovery", np.log(0.5), 0.25)
        seed = pm.LogNormal("seed", np.log(5.0), 0.6)
        reported = pm.Beta("reported", 4.0, 6.0)
        pm.Deterministic("r0", transmission / recovery)
        (_, _, onset) = pytensor.scan(
            fn=lambda s, i, rate, out: _day(s, i, rate, out, pt.exp),
            outputs_info=[N_PERSON - seed, seed, None],
            non_sequences=[transmission, recovery],
            n_steps=N_DAY,
            return_updates=False,
        )
        dispersion = pm.Gamma("dispersion", 3.0, 0.2)
        pm.NegativeBinomial(
            "reports", mu=reported * onset + 1e-6, alpha=dispersion, observed=REPORTS, dims="day"
        )
    return model
