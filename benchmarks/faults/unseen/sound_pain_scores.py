"""Pain on a five-point scale at four visits of 30 patients under two treatments: ordered logit with cutpoints and a
patient effect."""

import numpy as np
import pymc as pm

ANSWER = None

gen = np.random.default_rng(5050)
P, V = 30, 4
who = np.repeat(np.arange(P), V)
visit = np.tile(np.arange(V), P)
arm = np.repeat(gen.integers(0, 2, P), V)
latent = 0.8 * gen.normal(size=P)[who] - 0.25 * visit - 0.6 * arm + gen.logistic(size=P * V)
pain = np.digitize(latent, [-2.2, -0.9, 0.3, 1.6])


def build() -> pm.Model:
    with pm.Model(coords={"patient": range(P), "cut": range(4)}) as model:
        effects = {name: pm.Normal(name, 0, 1) for name in ("per_visit", "treatment")}
        between = pm.HalfNormal("between", 1)
        raw = pm.Normal("raw", 0, 1, dims="patient")
        eta = between * raw[who] + effects["per_visit"] * visit + effects["treatment"] * arm
        cuts = pm.Normal(
            "cuts",
            0,
            2.5,
            transform=pm.distributions.transforms.ordered,
            initval=np.array([-2.0, -1.0, 0.5, 1.5]),
            dims="cut",
        )
        pm.OrderedLogistic("pain", eta=eta, cutpoints=cuts, observed=pain)
    return model
