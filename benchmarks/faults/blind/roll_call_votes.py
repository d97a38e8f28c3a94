"""Ideal points of legislators from roll-call votes: a one-dimensional two-parameter item response model
with a discrimination and a threshold per bill."""

from typing import Literal

import numpy as np
import pymc as pm

ANSWER = {"names": ["ideal_point", "discrimination"], "cause_class": "a"}

rng = np.random.default_rng(4101)
n_legislators, n_bills = 36, 30
party = np.repeat([-1.0, 1.0], n_legislators // 2)
true_position = party + rng.normal(0, 0.5, n_legislators)
true_position = (true_position - true_position.mean()) / true_position.std()
true_discrimination = rng.choice([-1.0, 1.0], n_bills) * rng.uniform(0.6, 2.0, n_bills)
true_threshold = rng.normal(0, 0.6, n_bills)
member, bill = (a.ravel() for a in np.meshgrid(np.arange(n_legislators), np.arange(n_bills), indexing="ij"))
present = rng.random(member.size) < 0.9
member, bill = member[present], bill[present]
eta = true_discrimination[bill] * true_position[member] - true_threshold[bill]
yea = rng.binomial(1, 1 / (1 + np.exp(-eta)))


def build(*, written: Literal["faulty", "repaired"] = "faulty") -> pm.Model:
    coords = {
        "legislator": np.arange(n_legislators),
        "bill": np.arange(n_bills),
        "roll_call": np.arange(yea.size),
    }
    with pm.Model(coords=coords) as model:
        i = pm.Data("member", member, dims="roll_call")
        j = pm.Data("bill_id", bill, dims="roll_call")
        if written == "faulty":
            ideal_point = pm.Normal("ideal_point", 0.0, 1.0, dims="legislator")
        else:
            # the right-hand party sits on the positive side: direction of the scale
            ideal_point = pm.Normal("ideal_point", party, 0.5, dims="legislator")
        discrimination = pm.Normal("discrimination", 0.0, 1.5, dims="bill")
        threshold = pm.Normal("threshold", 0.0, 1.5, dims="bill")
        pm.Bernoulli(
            "vote", logit_p=discrimination[j] * ideal_point[i] - threshold[j], observed=yea, dims="roll_call"
        )
    return model
