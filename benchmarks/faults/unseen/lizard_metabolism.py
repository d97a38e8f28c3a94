"""Log metabolic rate against log body mass of lizards from 12 species with three or four animals each; intercept and
slope vary jointly among species."""

from typing import Literal

import numpy as np
import pymc as pm

ANSWER = {"names": ["coef", "chol", "population"], "cause_class": "a"}

rng = np.random.default_rng(1859)
S = 12
per = rng.integers(3, 5, S)
species = np.repeat(np.arange(S), per)
log_mass = rng.normal(0, 0.6, species.size)
true = np.array([0.4, 0.75]) + rng.normal(size=(S, 2)) * np.array([0.15, 0.05])
log_rate = true[species, 0] + true[species, 1] * log_mass + 0.3 * rng.normal(size=species.size)


def build(*, written: Literal["faulty", "repaired"] = "faulty") -> pm.Model:
    with pm.Model(coords={"species": np.arange(S), "term": ["intercept", "slope"]}) as model:
        population = pm.Normal("population", [0.0, 0.75], [1.0, 0.5], dims="term")
        chol, _, _ = pm.LKJCholeskyCov("chol", n=2, eta=2.0, sd_dist=pm.HalfNormal.dist(0.5))
        if written == "faulty":
            coef = pm.MvNormal("coef", mu=population, chol=chol, dims=("species", "term"))
        else:
            z = pm.Normal("z", dims=("species", "term"))
            coef = pm.Deterministic("coef", population + z @ chol.T, dims=("species", "term"))
        sigma = pm.HalfNormal("sigma", 0.5)
        mean = coef[species, 0] + coef[species, 1] * log_mass
        pm.Normal("log_rate", mean, sigma, observed=log_rate)
    return model
