"""Cormack-Jolly-Seber model of bank voles over nine trapping sessions, fitted to the m-array of first recaptures:
survival varies between intervals, recapture probability depends on trapping effort."""

import numpy as np
import pymc as pm
import pytensor.tensor as pt

ANSWER = None

rng = np.random.default_rng(77)
N_OCC = 9
EFFORT = np.array([0.1, -0.6, 0.9, 0.3, -1.1, 0.6, -0.2, 0.8])  # sessions 2 to 9
_phi = 1 / (1 + np.exp(-(1.0 + rng.normal(0, 0.4, N_OCC - 1))))
_p = 1 / (1 + np.exp(-(0.2 + 0.6 * EFFORT)))
_mark = rng.integers(35, 60, N_OCC - 1)

RECAPTURED = np.zeros((N_OCC - 1, N_OCC - 1), dtype=int)
NEVER = np.zeros(N_OCC - 1, dtype=int)
_released = np.append(_mark, 0)
for i in range(N_OCC - 1):
    for _ in range(_released[i]):
        for j in range(i, N_OCC - 1):
            if rng.random() > _phi[j]:
                NEVER[i] += 1
                break
            if rng.random() < _p[j]:
                RECAPTURED[i, j] += 1
                _released[j + 1] += 1
                break
        else:
            NEVER[i] += 1


def build() -> pm.Model:
    with pm.Model(coords={"interval": np.arange(N_OCC - 1)}) as model:
        mean_survival = pm.Logistic("mean_survival", 0.0, 1.0)
        survival_sd = pm.Gamma("survival_sd", 12.0, 24.0)
        survival_z = pm.Normal("survival_z", 0.0, 1.0, dims="interval")
        logit_phi = mean_survival + survival_sd * survival_z
        log_phi = -pt.softplus(-logit_phi)
        recapture = pm.Logistic("recapture", 0.0, 1.0)
        effort = pm.Normal("effort", 0.0, 1.0)
        logit_p = recapture + effort * EFFORT
        log_p, log_q = -pt.softplus(-logit_p), -pt.softplus(logit_p)
        pm.Deterministic("survival", pt.exp(log_phi), dims="interval")

        for i in range(N_OCC - 1):
            alive = pt.cumsum(log_phi[i:])
            missed = pt.concatenate([pt.zeros(1), pt.cumsum(log_q[i:])[:-1]])
            log_cell = alive + missed + log_p[i:]
            log_never = pt.log1p(-pt.exp(pt.logsumexp(log_cell)))
            pm.Potential(f"released_{i}", (RECAPTURED[i, i:] * log_cell).sum() + NEVER[i] * log_never)
    return model
