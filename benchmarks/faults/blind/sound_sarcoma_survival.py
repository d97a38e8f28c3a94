"""Weibull survival of dogs with soft-tissue sarcoma: follow-up censored for part of them, tumour grade as covariate,
and log mitotic count missing for some dogs and imputed within the model."""

import numpy as np
import pymc as pm
import pytensor.tensor as pt

ANSWER = None

rng = np.random.default_rng(5150)
N_DOG = 190
GRADE = rng.choice([0, 1, 2], N_DOG, p=[0.35, 0.4, 0.25])
MITOSES = 1.0 + 0.5 * GRADE + rng.normal(0, 0.6, N_DOG)
_scale = np.exp(6.9 - 0.45 * GRADE - 0.5 * (MITOSES - 1.5))
_death = _scale * rng.weibull(1.35, N_DOG)
_end = rng.uniform(120, 1300, N_DOG)
DAYS = np.minimum(_death, _end)
DIED = _death <= _end
MISSING = rng.random(N_DOG) < 0.2
SEEN = np.where(MISSING, np.nan, MITOSES)


def build() -> pm.Model:
    died, alive = np.flatnonzero(DIED), np.flatnonzero(~DIED)
    missing, seen = np.flatnonzero(MISSING), np.flatnonzero(~MISSING)
    with pm.Model(coords={"grade": ["I", "II", "III"], "slide": missing, "dead": died}) as model:
        mitosis_mean = pm.Normal("mitosis_mean", 1.5, 1.0, dims="grade")
        mitosis_sd = pm.HalfNormal("mitosis_sd", 1.0)
        pm.Normal("mitoses_read", mitosis_mean[GRADE[seen]], mitosis_sd, observed=SEEN[seen])
        unread = pm.Normal("unread", mitosis_mean[GRADE[missing]], mitosis_sd, dims="slide")
        mitoses = pt.set_subtensor(pt.as_tensor(np.nan_to_num(SEEN))[missing], unread)

        log_scale = pm.Normal("log_scale", 6.5, 1.0, dims="grade")
        mitosis_effect = pm.Normal("mitosis_effect", 0.0, 1.0)
        shape = pm.LogNormal("shape", 0.0, 0.5)
        scale = pt.exp(log_scale[GRADE] + mitosis_effect * (mitoses - 1.5))
        pm.Weibull("death_day", alpha=shape, beta=scale[died], observed=DAYS[died], dims="dead")
        pm.Potential("still_alive", -((DAYS[alive] / scale[alive]) ** shape))
    return model
