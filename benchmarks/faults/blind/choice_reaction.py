"""Single-boundary diffusion (shifted Wald) model of reaction times, in seconds, of participants in two difficulty conditions:
drift per participant, boundary, diffusion noise and non-decision time."""

from typing import Literal

import numpy as np
import pymc as pm
import pytensor.tensor as pt

ANSWER = {"names": ["noise", "boundary", "mean_log_drift", "log_drift"], "cause_class": "a"}

rng = np.random.default_rng(4102)
n_people, n_trials = 12, 60
person = np.repeat(np.arange(n_people), n_trials)
hard = np.tile(np.repeat([0, 1], n_trials // 2), n_people)
true_log_drift = np.log(3.0) + rng.normal(0, 0.25, n_people)
true_shift = rng.uniform(0.15, 0.30, n_people)
v = np.exp(true_log_drift[person] - 0.35 * hard)
a_true = 1.4
rt = true_shift[person] + rng.wald(a_true / v, a_true**2)
fastest = np.array([rt[person == k].min() for k in range(n_people)])


def build(*, written: Literal["faulty", "repaired"] = "faulty") -> pm.Model:
    coords = {"participant": np.arange(n_people), "trial": np.arange(rt.size)}
    with pm.Model(coords=coords) as model:
        boundary = pm.HalfNormal("boundary", 5.0)
        noise = pm.HalfNormal("noise", 5.0) if written == "faulty" else 1.0
        mean_log_drift = pm.Normal("mean_log_drift", 0.0, 2.0)
        sd_log_drift = pm.HalfNormal("sd_log_drift", 0.5)
        log_drift = pm.Normal("log_drift", mean_log_drift, sd_log_drift, dims="participant")
        difficulty = pm.Normal("difficulty", 0.0, 0.5)
        shift_share = pm.Beta("shift_share", 12.0, 7.0, dims="participant")
        non_decision = pm.Deterministic("non_decision", shift_share * fastest, dims="participant")
        drift = pt.exp(log_drift[person] - difficulty * hard)
        pm.Wald(
            "reaction_time",
            mu=boundary / drift,
            lam=(boundary / noise) ** 2,
            alpha=non_decision[person],
            observed=rt,
            dims="trial",
        )
    return model
