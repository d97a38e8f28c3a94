"""Prospect theory for choices between a 50/50 gamble and a sure amount: curvature of value and loss aversion per participant,
with a logistic choice rule."""

from typing import Literal

import numpy as np
import pymc as pm
import pytensor.tensor as pt

ANSWER = {
    "names": ["choice", "mean_log_curvature", "sd_log_curvature", "curvature_offset"],
    "cause_class": "c",
}

rng = np.random.default_rng(4106)
n_people, n_gambles = 15, 50
person = np.repeat(np.arange(n_people), n_gambles)
gain = rng.uniform(4, 30, person.size).round(1)
loss = -rng.uniform(1, 15, person.size).round(1)
sure = rng.uniform(-4, 10, person.size).round(1)
sure[rng.random(person.size) < 0.3] = 0.0  # gamble or nothing
true_alpha = np.exp(np.log(0.8) + rng.normal(0, 0.18, n_people))
true_lam = np.exp(np.log(1.8) + rng.normal(0, 0.3, n_people))


def _value(x, a, lam):
    return np.where(x >= 0, np.abs(x) ** a, -lam * np.abs(x) ** a)


a, lam = true_alpha[person], true_lam[person]
edge = 0.5 * _value(gain, a, lam) + 0.5 * _value(loss, a, lam) - _value(sure, a, lam)
took = rng.binomial(1, 1 / (1 + np.exp(-0.9 * edge)))


def build(*, written: Literal["faulty", "repaired"] = "faulty") -> pm.Model:
    coords = {"participant": np.arange(n_people), "offer": np.arange(person.size)}

    def value(x, curvature, aversion):
        if written == "faulty":
            with np.errstate(divide="ignore"):
                size = pt.exp(curvature * np.log(np.abs(x)))
        else:
            size = pt.switch(x == 0, 0.0, pt.exp(curvature * np.log(np.where(x == 0, 1.0, np.abs(x)))))
        return pt.switch(x >= 0, size, -aversion * size)

    with pm.Model(coords=coords) as model:
        mean_log_curvature = pm.Normal("mean_log_curvature", -0.2, 0.3)
        sd_log_curvature = pm.LogNormal("sd_log_curvature", np.log(0.15), 0.4)
        curvature_offset = pm.Normal("curvature_offset", 0.0, 1.0, dims="participant")
        mean_log_loss_aversion = pm.Normal("mean_log_loss_aversion", 0.5, 0.5)
        sd_log_loss_aversion = pm.LogNormal("sd_log_loss_aversion", np.log(0.3), 0.4)
        loss_aversion_offset = pm.Normal("loss_aversion_offset", 0.0, 1.0, dims="participant")
        sensitivity = pm.LogNormal("sensitivity", 0.0, 0.5)
        curvature = pt.exp(mean_log_curvature + sd_log_curvature * curvature_offset)[person]
        aversion = pt.exp(mean_log_loss_aversion + sd_log_loss_aversion * loss_aversion_offset)[person]
        gamble = 0.5 * value(gain, curvature, aversion) + 0.5 * value(loss, curvature, aversion)
        pm.Bernoulli(
            "choice",
            logit_p=sensitivity * (gamble - value(sure, curvature, aversion)),
            observed=took,
            dims="offer",
        )
    return model
