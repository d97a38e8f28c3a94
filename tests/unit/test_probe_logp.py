"""Terms in full precision, the worst first; non-finite elements by index and datum; terms counted twice."""

import models
import numpy as np
import pymc as pm
import pytest

from faultline.engine.backend import PLAIN
from faultline.engine.factors import Factors
from faultline.probes.equal_terms import equal_terms
from faultline.probes.logp import log_probability, terms


def test_terms_agree_with_pymc_and_add_up():
    model = models.mixture()
    found = log_probability(model, factors=Factors(model))
    expected = model.point_logps(round_vals=12, mode="FAST_COMPILE")
    assert {row["name"]: row["value"] for row in found["terms"]} == pytest.approx(
        {name: float(value) for name, value in expected.items()}
    )
    assert found["total"] == pytest.approx(found["terms_total"], rel=1e-12)
    values = [row["value"] for row in found["terms"]]
    assert values == sorted(values)
    assert (found["n_nan"], found["n_inf"], found["equal_terms"]) == (0, 0, [])


def test_an_impossible_datum_is_named_by_index_and_value():
    model = models.impossible_datum()
    worst = terms(Factors(model, backend=PLAIN))[0]
    assert (worst["name"], worst["value"], worst["n_inf"], worst["n_elements"]) == ("y", -np.inf, 1, 3)
    assert worst["bad"] == [{"index": [1], "datum": -2.0}]


def test_jittered_starts_are_pymcs_own():
    model = models.eight_schools()
    start = log_probability(model, factors=Factors(model, backend=PLAIN), pairs=False)["start"]
    plain = start["without_jitter"]["logp"]
    assert plain == pytest.approx(model.compile_logp(mode="FAST_COMPILE")(model.initial_point()))
    jittered = [row["logp"] for row in start["with_jitter"]]
    assert len(set(jittered)) == 5 and plain not in jittered


def test_a_likelihood_counted_twice_is_equal_up_to_a_constant():
    [pair] = equal_terms(Factors(models.doubled(), backend=PLAIN))
    assert set(pair["names"]) == {"y", "again"} and pair["kind"] == "equal"
    assert pair["max_spread"] < 1e-9 and pair["n_points"] == 5


def test_a_likelihood_inside_another_term_is_contained():
    [pair] = equal_terms(Factors(models.contained(), backend=PLAIN))
    assert pair["names"] == ["likelihood", "more"] and pair["kind"] == "contained"
    assert set(pair["variables"]) == {"mu", "sigma"} and pair["max_spread"] < 1e-9


@pytest.mark.parametrize("name", ["exchangeable", "eight_schools", "truncated", "kinked", "partly_read"])
def test_sound_models_hold_no_equal_terms(name):
    factors = Factors(getattr(models, name)(), backend=PLAIN)
    assert [equal_terms(factors, seed=seed) for seed in range(3)] == [[]] * 3


def test_where_nothing_is_finite_nothing_is_claimed():
    assert equal_terms(Factors(models.impossible_datum(), backend=PLAIN)) == []


def test_terms_that_a_discrete_variable_makes_alike_are_no_pair():
    """Where the count stands at 1, its log-probability is that of the exponential prior with its Jacobian."""
    with pm.Model() as model:
        rate = pm.Exponential("rate", 1.0)
        pm.Poisson("missing", rate, initval=1)
        pm.Poisson("y", rate, observed=[2, 4])
    factors = Factors(model, backend=PLAIN)
    values = np.array([factors.totals(np.array([at])) for at in (0.1, 0.7, 2.0)])
    prior, missing = values.T[:2]
    np.testing.assert_allclose(np.diff(prior), np.diff(missing))
    assert equal_terms(factors) == []


def pairs(model):
    return [set(row["names"]) for row in equal_terms(Factors(model, backend=PLAIN))]


@pytest.mark.parametrize(
    "observed",
    [0.0, np.zeros(1), np.zeros(500), np.array([0.0, 0.0, 0.0]), np.tile([-1.0, 1.0], 30)],
    ids=["one", "array of one", "many", "three", "symmetric"],
)
def test_terms_that_agree_because_of_what_the_data_happen_to_be_are_no_pair(observed):
    """The prior N(0, 1) at mu is the likelihood N(mu, 1) at 0, up to a constant."""
    size = np.size(observed)
    with pm.Model() as model:
        alone = np.shape(observed) == (60,)
        mu = pm.Normal("mu", 0, 1 / np.sqrt(60) if alone else 1, shape=() if alone else np.shape(observed))
        pm.Normal("y", mu, 1, observed=observed)
    factors = Factors(model, backend=PLAIN)
    values = np.array([factors.totals(np.full(1 if alone else size, at)) for at in (0.1, 0.7, -2.0)]).T
    np.testing.assert_allclose(np.diff(values[0]), np.diff(values[1]))
    assert equal_terms(factors) == []


def test_single_outcomes_that_are_equal_are_several():
    """Tosses of one coin, written one by one."""
    with pm.Model() as model:
        share = pm.Beta("share", 2, 2)
        for i, toss in enumerate([1, 1, 0, 1]):
            pm.Bernoulli(f"toss_{i}", share, observed=toss)
    assert pairs(model) == []


@pytest.mark.parametrize("kind", ["counts", "real", "containers", "by hand"])
def test_one_array_observed_twice_is_a_pair(kind):
    rng = np.random.default_rng(3)
    x, counts = rng.normal(size=60), rng.poisson(4, 60)
    with pm.Model() as model:
        base, slope = pm.Normal("base", 0, 1), pm.Normal("slope", 0, 1)
        mean = pm.math.exp(base + slope * x)
        if kind == "counts":
            pm.Poisson("seen", mean, observed=counts)
            pm.Poisson("again", mean, observed=counts.copy())
        elif kind == "by hand":  # without the factorial
            pm.Poisson("seen", mean, observed=counts)
            pm.Potential("again", (counts * (base + slope * x) - mean).sum())
        else:
            hold = pm.Data if kind == "containers" else lambda name, values: values
            pm.Normal("seen", base + slope * x, 1, observed=hold("first", x))
            pm.Normal("again", base + slope * x, 1, observed=hold("second", x.copy()))
    assert pairs(model) == [{"seen", "again"}]


def test_a_prior_that_a_potential_adds_once_more_is_a_pair():
    with pm.Model() as model:
        mu = pm.Normal("mu", 0, 1)
        pm.Potential("again", -0.5 * mu**2)
        pm.Normal("y", mu, 1, observed=0.0)
    assert pairs(model) == [{"mu", "again"}]


def test_a_likelihood_with_a_covariance_of_its_data_is_a_pair():
    """Any other numbers are no covariance matrix."""
    rng = np.random.default_rng(5)
    half = rng.normal(size=(4, 4))
    cov = half @ half.T + np.eye(4)
    y = rng.normal(size=4)
    with pm.Model() as model:
        mu = pm.Normal("mu", 0, 1, shape=4)
        pm.MvNormal("seen", mu, cov=cov, observed=y)
        pm.MvNormal("again", mu, cov=cov, observed=y)
    assert {"seen", "again"} in pairs(model)


def test_a_covariance_matrix_without_a_root_is_told_with_its_eigenvalues():
    x = np.linspace(0, 1, 40)[:, None]
    near = np.exp(-0.5 * (x - x.T) ** 2)
    for nugget, found in ((0.0, True), (1e-6, False)):
        with pm.Model() as model:
            pm.MvNormal("f", 0, pm.LogNormal("height", 0, 1) * near + nugget * np.eye(40))
        [row] = [row for row in terms(Factors(model, backend=PLAIN)) if row["name"] == "f"]
        assert ("matrix" in row) is found and np.isfinite(row["value"]) is not found
    with pm.Model() as model:
        pm.MvNormal("f", 0, pm.LogNormal("height", 0, 1) * np.array([[1.0, 2.0], [2.0, 1.0]]))
    [row] = [row for row in terms(Factors(model, backend=PLAIN)) if row["name"] == "f"]
    at_start = np.exp(model.initial_point()["height_log__"])
    assert row["matrix"]["size"] == 2
    np.testing.assert_allclose(
        [row["matrix"]["smallest"], row["matrix"]["largest"]], [-at_start, 3 * at_start]
    )
