"""Potentials that stand for likelihoods: against closed forms of their integrals."""

import numpy as np
import pymc as pm
import pytensor.tensor as pt
import pytest

from faultline.engine.factors import Factors
from faultline.probes.joint_normalization import between
from faultline.probes.likelihoods import custom_counts, outside

rng = np.random.default_rng(3)
SIZE = rng.integers(8, 14, 12)
INFECTED = rng.binomial(SIZE, 0.4)
REALS = rng.normal(2, 1, 20)
PAIR = rng.multivariate_normal([0, 0], [[1, 0.6], [0.6, 1]], 40)


def around(factors, spread=0.3):
    start = factors.layout.vector()
    return start + spread * np.random.default_rng(5).normal(size=(200, start.size))


def herds(times):
    with pm.Model() as model:
        a, b = pm.LogNormal("a"), pm.LogNormal("b")
        log_beta = pt.gammaln(a) + pt.gammaln(b) - pt.gammaln(a + b)
        terms = pt.gammaln(a + INFECTED) + pt.gammaln(b + SIZE - INFECTED) - pt.gammaln(a + b + SIZE)
        pm.Potential("herds", terms.sum() - times * log_beta)
    return Factors(model)


def test_counts_whose_normaliser_stands_once_for_all():
    factors = herds(1)
    [row] = outside(factors, around(factors))
    assert row["as_written"] > 0.1 and row["inside"] < 1e-6


def test_counts_normalised_once_for_each():
    factors = herds(len(SIZE))
    [row] = outside(factors, around(factors))
    assert row["as_written"] < 1e-6


def residuals(times, more=0.0):
    with pm.Model() as model:
        mu, sigma = pm.Normal("mu", 2, 1), pm.LogNormal("sigma")
        terms = -0.5 * ((REALS - mu) / sigma) ** 2
        pm.Potential("fit", terms.sum() - times * pt.log(sigma) + more * mu)
    return Factors(model)


def test_a_scale_that_stands_once_for_all():
    factors = residuals(1)
    [row] = outside(factors, around(factors, 0.1))
    points = np.median(around(factors, 0.1), axis=0) + 3 * around(factors, 0.1).std(
        axis=0
    ) * np.random.default_rng(0).normal(size=(120, 2))
    # The integral is sigma, of which one twentieth part was taken away.
    expected = np.ptp(points[:12, 1]) * (1 - 1 / len(REALS))
    assert row["as_written"] == pytest.approx(expected, rel=1e-3) and row["inside"] < 1e-6


@pytest.mark.parametrize("more", [0.0, 1.0])
def test_a_scale_for_every_datum_and_a_prior_beside_it(more):
    factors = residuals(len(REALS), more)
    [row] = outside(factors, around(factors, 0.1))
    assert row["as_written"] < 1e-6 or row["inside"] > 0.01


def test_a_potential_without_data_is_no_likelihood():
    with pm.Model() as model:
        x = pm.Normal("x", shape=5)
        pm.Potential("smooth", -(pt.diff(x) ** 2).sum() - x[0])
    factors = Factors(model)
    assert outside(factors, around(factors)) == [] and between(factors, around(factors)) == []


def tied(determinant, in_logs=False, more_data=False):
    x, y = 3 + 2 * PAIR[:, 0], PAIR[:, 1]
    with pm.Model() as model:
        mean = pm.Normal("mean", 3, 1)
        pm.Normal("x", mean, 2, observed=x)
        pm.LogNormal("y", 0, 1, observed=np.exp(y)) if in_logs else pm.Normal("y", 0, 1, observed=y)
        bond = pm.Uniform("bond", -1, 1, initval=0.5)
        u, v = (x - mean) / 2, y + (0.1 * rng.normal(size=40) if more_data else 0)
        log_c = -(bond**2 * (u**2 + v**2) - 2 * bond * u * v) / (2 * (1 - bond**2))
        pm.Potential("joint", (log_c - determinant * 0.5 * pt.log1p(-(bond**2))).sum())
    return Factors(model)


@pytest.mark.parametrize("in_logs", [False, True])
def test_a_copula_without_its_determinant(in_logs):
    factors = tied(0.0, in_logs)
    draws = around(factors, 0.1)
    [row] = between(factors, draws)
    assert (row["name"], row["variable"], row["observed"]) == ("joint", "bond", ["x", "y"])
    at, spread = np.median(draws[:, 1]), draws[:, 1].std()
    bonds = [2 / (1 + np.exp(-(at + shift * spread))) - 1 for shift in (0, -3, -1, 1, 3)]
    log_volumes = 0.5 * np.log1p(-np.square(bonds))
    assert row["change"] == pytest.approx(np.abs(log_volumes - log_volumes[0]).max(), rel=1e-6)


def test_a_copula_with_it():
    factors = tied(1.0)
    [row] = between(factors, around(factors, 0.1))
    assert row["change"] < 1e-9


def test_data_of_its_own_make_a_potential_more_than_a_tie():
    factors = tied(1.0, more_data=True)
    assert between(factors, around(factors, 0.1)) == []


@pytest.mark.parametrize("cut", [False, True])
def test_counts_above_a_hurdle_that_are_not_rescaled(cut):
    def logp(value, share, mean):
        above = pt.log(share) + value * pt.log(mean) - mean - pt.gammaln(value + 1)
        above = above - pt.log(-pt.expm1(-mean)) if cut else above
        return pt.switch(pt.eq(value, 0), pt.log1p(-share), above)

    with pm.Model() as model:
        share, mean = pm.Beta("share", 2, 2), pm.LogNormal("mean")
        pm.CustomDist("y", share, mean, logp=logp, dtype="int64", observed=rng.poisson(1.5, 30))
    factors = Factors(model)
    [row] = custom_counts(factors, around(factors))
    assert row["name"] == "y" and (row["change"] < 1e-6 if cut else row["change"] > 0.01)
