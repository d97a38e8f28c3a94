"""Failure of hip implants in 12 clinics, followed for up to five years; nearly all are censored."""

import numpy as np
import pymc as pm

ANSWER = None

rng = np.random.default_rng(83)
n = 260
clinic = rng.integers(0, 12, n)
new_type = (rng.random(n) < 0.2).astype(float)
weight = rng.normal(0, 1, n)
scale = np.exp(3.2 + 0.9 * new_type - 0.2 * weight + rng.normal(0, 0.3, 12)[clinic])
failure = scale * rng.weibull(1.4, n)
end = rng.uniform(2, 5, n)
failure[new_type == 1] = np.maximum(failure[new_type == 1], 5.5)  # none of the new type has failed
time = np.minimum(failure, end)


def build() -> pm.Model:
    with pm.Model(coords={"clinic": np.arange(12)}) as model:
        base = pm.Normal("base", 2, 2)
        b_new = pm.StudentT("b_new", nu=5, mu=0, sigma=1.5)
        b_weight = pm.Normal("b_weight", 0, 1)
        sd_clinic = pm.HalfNormal("sd_clinic", 0.5)
        z = pm.Normal("z", 0, 1, dims="clinic")
        shape = pm.Gamma("shape", 4, 3)
        log_scale = base + b_new * new_type + b_weight * weight + sd_clinic * z[clinic]
        lifetime = pm.Weibull.dist(alpha=shape, beta=pm.math.exp(log_scale))
        pm.Censored("time", lifetime, lower=None, upper=end, observed=time)
    return model
