"""Terms that draw random numbers, and the many random variables in a model that are no such thing."""

import numpy as np
import pymc as pm
import pytest

from faultline.engine.factors import Factors
from faultline.probes.randomness import random_numbers

DATA = np.array([0.3, 1.2, 2.0])


def found(model):
    return random_numbers(Factors(model))


def test_a_parameter_that_is_no_variable_of_the_model():
    with pm.Model() as model:
        scale = pm.HalfNormal("scale")
        pm.Normal("y", pm.Normal.dist(0, 3), scale, observed=DATA)
    assert found(model) == [{"factor": "y", "kind": "variable", "drawn": ["an unnamed Normal"]}]


def test_a_variable_of_another_model():
    with pm.Model():
        mu = pm.Normal("mu")
    with pm.Model() as model:
        pm.Normal("x", mu, 1)
        pm.Normal("y", model["x"], 1, observed=DATA)
    assert found(model) == [{"factor": "x", "kind": "variable", "drawn": ["mu"]}]


def test_a_potential_with_noise():
    with pm.Model() as model:
        mu = pm.Normal("mu")
        pm.Potential("fit", pm.logp(pm.Normal.dist(mu + pm.Normal.dist(shape=3), 1), DATA))
    assert found(model) == [{"factor": "fit", "kind": "variable", "drawn": ["an unnamed Normal"]}]


def test_a_density_that_reads_a_variable_of_nobody():
    stranger = pm.Normal.dist()
    with pm.Model() as model:
        pm.Normal("mu")
        pm.CustomDist("y", model["mu"], logp=lambda y, mu: -((y - mu - stranger) ** 2), observed=DATA)
    assert found(model) == [{"factor": "y", "kind": "variable", "drawn": []}]


def test_a_minibatch():
    with pm.Model() as model:
        batch = pm.Minibatch(np.arange(100.0), batch_size=10)
        pm.Normal("y", pm.Normal("mu"), 1, observed=batch, total_size=100)
    assert [(row["factor"], row["kind"]) for row in found(model)] == [("y", "minibatch")]


def test_a_simulator():
    with pm.Model() as model:
        mu = pm.Normal("mu")
        pm.Simulator("y", lambda rng, mu, size=None: rng.normal(mu, 1, size=3), mu, observed=DATA)
    assert [(row["factor"], row["kind"]) for row in found(model)] == [("y", "simulator")]


def test_components_initial_values_and_innovations_are_integrated_out_or_sampled():
    with pm.Model() as model:
        mu = pm.Normal("mu")
        pm.Uniform("between", mu, mu + 1)
        pm.Mixture("mixture", [0.3, 0.7], [pm.Normal.dist(mu, 1), pm.Normal.dist(3, 1)], observed=DATA)
        pm.Censored("censored", pm.Normal.dist(mu, 1), lower=0, upper=None, observed=DATA)
        pm.Truncated("truncated", pm.Normal.dist(mu, 1), lower=0, observed=DATA)
        pm.CustomDist(
            "made", mu, dist=lambda mu, size: pm.math.exp(pm.Normal.dist(mu, size=size)), observed=DATA
        )
        pm.AR("ar", [0.1, 0.5], init_dist=pm.Normal.dist(), steps=5)
        pm.GaussianRandomWalk("walk", init_dist=pm.Normal.dist(), steps=5)
        pm.LKJCholeskyCov("root", eta=1, n=2, sd_dist=pm.HalfNormal.dist())
    assert found(model) == []


def test_other_errors_go_through():
    def broken(value, mu):
        raise ValueError("no density")

    with pm.Model() as model:
        pm.CustomDist("y", pm.Normal("mu"), logp=broken, observed=DATA)
    with pytest.raises(ValueError, match="no density"):
        found(model)
