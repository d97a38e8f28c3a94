"""Two kinds of days, Poisson, with one prior for both rates: two labellings; the service times beside are sound."""

from typing import Literal

import numpy as np
import pymc as pm
import pytensor.tensor as pt

ANSWER = {"names": ["log_rate"], "cause_class": "a"}

rng = np.random.default_rng(40)
calls = rng.poisson(np.repeat([3.0, 12.0], [90, 70]))
service = rng.lognormal(1.0, 0.4, 100)


def build(*, written: Literal["faulty", "repaired"] = "faulty") -> pm.Model:
    with pm.Model(coords={"kind": ["quiet", "busy"]}) as model:
        ordered = {"transform": pm.distributions.transforms.ordered, "initval": [1.0, 2.5]}
        log_rate = pm.Normal("log_rate", 1.5, 1, dims="kind", **({} if written == "faulty" else ordered))
        share = pm.Dirichlet("share", np.full(2, 4.0), dims="kind")
        rate = pm.Deterministic("rate", pt.exp(log_rate), dims="kind")
        pm.Mixture("calls", share, pm.Poisson.dist(rate), observed=calls)

        service_mean = pm.Normal("service_mean", 0, 2)
        service_sd = pm.HalfNormal("service_sd", 1)
        pm.LogNormal("service", service_mean, service_sd, observed=service)
    return model
