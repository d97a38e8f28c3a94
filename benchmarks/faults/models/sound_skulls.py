"""Three skull measures with an LKJ covariance (correlations near 0.9) and body mass on two nearly collinear ones.

Sound: the two slopes correlate at about -0.97 and three pairs of measures at 0.9, which NUTS bears easily. The bite
force's exponent lies two prior deviations out.
"""

import numpy as np
import pymc as pm

ANSWER = None

rng = np.random.default_rng(30312)
N = 120
_cov = np.array([[1.0, 0.92, 0.85], [0.92, 1.0, 0.88], [0.85, 0.88, 1.0]])
_sd = np.array([3.0, 2.2, 1.4])
skull = np.array([61.0, 38.0, 22.0]) + rng.multivariate_normal(np.zeros(3), _cov * np.outer(_sd, _sd), N)
x1 = rng.normal(0, 1, N)
x2 = 0.97 * x1 + np.sqrt(1 - 0.97**2) * rng.normal(0, 1, N)
mass = 4.0 + 0.5 * x1 + 0.4 * x2 + rng.normal(0, 0.6, N)
log_size = rng.normal(0, 0.4, 40)
log_bite = 2.0 + 1.6 * log_size + rng.normal(0, 0.25, 40)


def build() -> pm.Model:
    with pm.Model(coords={"measure": ["length", "width", "jaw"], "animal": np.arange(N)}) as model:
        centre = pm.Normal("centre", np.array([60.0, 40.0, 20.0]), 10, dims="measure")
        chol, _, _ = pm.LKJCholeskyCov("chol", n=3, eta=2, sd_dist=pm.HalfNormal.dist(4, shape=3))
        pm.MvNormal("skull", centre, chol=chol, observed=skull, dims=("animal", "measure"))

        b0 = pm.Normal("b0", 4, 2)
        b1 = pm.Normal("b1", 0, 2)
        b2 = pm.Normal("b2", 0, 2)
        s_mass = pm.HalfNormal("s_mass", 1)
        pm.Normal("mass", b0 + b1 * x1 + b2 * x2, s_mass, observed=mass, dims="animal")
        pm.Deterministic("both", b1 + b2)

        f0 = pm.Normal("f0", 2, 1)
        expo = pm.Normal("expo", 1, 0.3)
        f_sd = pm.HalfNormal("f_sd", 0.5)
        pm.Normal("log_bite", f0 + expo * log_size, f_sd, observed=log_bite)
    return model
