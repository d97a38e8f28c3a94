"""Facts of a built model: parts, custom Ops, cut gradients, values left to their prior."""

import models
import numpy as np
import pymc as pm
import pytest

from faultline.engine.backend import PLAIN
from faultline.engine.factors import Factors
from faultline.probes.build import custom_ops, describe, disconnected, model_facts
from faultline.probes.graph_cost import graph_size
from faultline.probes.prior_only import prior_only


def test_the_parts_are_listed():
    model = models.latent_path()
    facts = model_facts(model, factors=Factors(model, backend=PLAIN), strategy="adapt_diag")
    assert facts["free_rvs"][1] == {
        "name": "steps",
        "shape": [6],
        "size": 6,
        "transform": None,
        "distribution": "Normal",
        "parents": ["scale"],
    }
    assert [row["transform"] for row in facts["free_rvs"]] == ["log", None, "log"]
    assert (facts["n_free_rvs"], facts["n_values"]) == (3, 8)
    assert facts["deterministics"] == ["path", "twice", "precision"] and facts["potentials"] == ["fit"]
    assert facts["custom_ops"] == [] and facts["disconnected"] == [] and facts["prior_only"] == []
    assert facts["start"]["strategy"] == "adapt_diag" and facts["start"]["initvals"] == ["scale", "noise"]
    expected = model.compile_logp(mode="FAST_COMPILE")(model.initial_point())
    assert facts["start"]["logp"] == pytest.approx(float(expected))


def test_a_start_that_is_not_finite_where_the_sampler_moves():
    with pm.Model() as model:
        cut = pm.Normal("cut", 0, 3, shape=3, transform=pm.distributions.transforms.ordered)
        pm.HalfNormal("scale", 1, initval=0.0)
        pm.OrderedLogistic("y", eta=pm.Normal("b"), cutpoints=cut, observed=[0, 1, 2, 3])
    facts = model_facts(model, factors=Factors(model, backend=PLAIN))
    assert facts["start"]["outside"] == [
        {"name": "cut", "n": 2, "size": 3, "transform": "ordered"},
        {"name": "scale", "n": 1, "size": 1, "transform": "log"},
    ]
    sound = model_facts(models.latent_path(), factors=Factors(models.latent_path(), backend=PLAIN))
    assert sound["start"]["outside"] == []


def test_parents_are_what_a_prior_reads_also_through_a_deterministic():
    with pm.Model() as model:
        mu, tau = pm.Normal("mu"), pm.HalfNormal("tau")
        theta = pm.Normal("theta", pm.Deterministic("centre", 2 * mu), tau, shape=3)
        pm.Normal("y", theta, 1, observed=[0.0, 1.0, 2.0])
    found = describe(model, Factors(model))
    rows = {row["name"]: row["parents"] for row in found["free_rvs"]}
    assert rows == {"mu": [], "tau": [], "theta": ["mu", "tau"]}
    assert found["observed_parameters"] == [{"name": "y", "size": 3, "parameters": [["theta"]]}]


def test_mean_and_noise_of_an_observed_variable_are_told_apart():
    with pm.Model() as model:
        noise, true = pm.HalfNormal("noise"), pm.Normal("true", shape=3)
        pm.Normal("y", 2 * true, noise, observed=[0.0, 1.0, 2.0])
    [row] = describe(model, Factors(model))["observed_parameters"]
    assert row == {"name": "y", "size": 3, "parameters": [["true"], ["noise"]]}


def test_a_simplex_counts_its_free_values():
    model = models.mixture()
    assert describe(model, Factors(model))["free_rvs"][0]["shape"] == [2]


def test_discrete_variables_are_described_too():
    model = models.with_discrete()
    found = describe(model, Factors(model))
    assert found["n_values"] == 1 and [row["name"] for row in found["free_rvs"]] == ["k", "rate"]


@pytest.mark.parametrize("has_gradient", [True, False])
def test_custom_ops_are_found_with_their_factors(has_gradient):
    factors = Factors(models.with_op(has_gradient=has_gradient), backend=PLAIN)
    [op] = custom_ops(factors)
    assert (op["op"], op["factors"], op["has_gradient"]) == ("Quadratic", ["op"], has_gradient)
    undefined = [{"name": "x", "factor": "op", "reason": "undefined"}]
    assert disconnected(factors) == ([] if has_gradient else undefined)


def test_a_gradient_that_is_stopped_is_named_but_not_one_by_a_shape():
    found = disconnected(Factors(models.cut(), backend=PLAIN))
    assert found == [{"name": "a", "factor": "y", "reason": "disconnected"}]


def test_a_flat_prior_of_its_own_is_no_finding():
    with pm.Model() as model:
        x = pm.Uniform("x", 0, 1, default_transform=None)
        pm.Normal("y", x, 1, observed=0.3)
    assert disconnected(Factors(model, backend=PLAIN)) == []


def test_values_that_only_their_prior_reads_are_found_element_by_element():
    found = prior_only(Factors(models.partly_read(), backend=PLAIN))
    assert found["prior_only"] == [
        {"name": "unused", "index": None, "n": 2, "by": "graph", "improper": False},
        {"name": "table", "index": [0], "n": 2, "by": "gradient", "improper": False},
        {"name": "scale", "index": [0], "n": 1, "by": "gradient", "improper": False},
    ]
    # The outliers' term reads every spot, but is flat this far from the data.
    assert found["flat"] == [{"name": "spot", "n": 5, "size": 5}]


def test_a_hierarchy_reads_its_parents():
    found = prior_only(Factors(models.eight_schools(), backend=PLAIN))
    assert found == {"prior_only": [], "flat": []}


def test_nodes_are_counted_by_factor_largest_first():
    counts = graph_size(Factors(models.mixture()))
    sizes = [row["n_nodes"] for row in counts["by_factor"]]
    assert counts["by_factor"][0]["name"] == "y" and sizes == sorted(sizes, reverse=True)
    assert max(sizes) <= counts["n_nodes"] <= sum(sizes)


def test_what_a_comparison_reads_is_not_left_to_its_prior():
    with pm.Model() as model:
        score, idle = pm.Normal("score"), pm.Normal("idle")
        load = pm.Normal("load", pm.math.switch(score > 0, 10.0, 3.0), 2.0)
        pm.Normal("meter", load + 0.0 * idle, 1.0, observed=[5.0, 6.0])
    found = prior_only(Factors(model, backend=PLAIN))
    assert [row["name"] for row in found["prior_only"]] == ["idle"]
    assert [row["name"] for row in found["flat"]] == ["score"]


def test_a_factor_that_cannot_be_evaluated_is_named_with_its_shapes():
    with pm.Model() as model:
        mean = pm.Normal("shop", shape=20)[:, None] + pm.Normal("month", shape=12)[None, :]
        pm.Normal("other", 0, 1, observed=[0.0])
        pm.Normal("sales", mean, 2.0, shape=(20, 12), observed=np.zeros((12, 20)))
    factors = Factors(model, backend=PLAIN)
    with pytest.raises(
        ValueError,
        match=r"in the log-probability of sales \(data of shape \(12, 20\), parameter 1 of shape \(20, 12\)",
    ) as raised:
        factors.totals(factors.layout.vector())
    named = raised.value.factor
    assert (named["name"], named["observed"], named["fit"]) == ("sales", True, False)


def test_a_factor_that_raises_only_when_it_is_evaluated_is_named():
    with pm.Model() as model:
        rates = pm.math.dot(pm.Data("table", np.zeros((8, 3))), pm.Normal("slopes", shape=4))
        pm.Normal("other", 0, 1, observed=[0.0])
        pm.Normal("yield", rates, 1.0, observed=np.zeros(8))
    factors = Factors(model, backend=PLAIN)
    with pytest.raises(ValueError, match="not aligned.*in the log-probability of yield") as raised:
        factors.totals(factors.layout.vector())
    assert raised.value.factor["name"] == "yield" and raised.value.factor["fit"]
