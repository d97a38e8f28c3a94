"""Potentials that are a density of a function of the data: against models whose density is known."""

import numpy as np
import pymc as pm
import pytensor.tensor as pt
import pytest

from faultline.criteria.thresholds import WARPED_CHANGES
from faultline.engine.factors import Factors
from faultline.probes.missing_data_jacobian import warped

rng = np.random.default_rng(11)
N = 40
X = rng.normal(size=N)
GROUP = rng.integers(0, 3, N)
Y = (0.4 * (2 + 0.7 * X + rng.normal(0, 0.5, N)) + 1) ** (1 / 0.4)
COUNTS = rng.poisson(np.exp(1.5 + 0.4 * X)) + 1


def around(factors, **at):
    """Draws close to these values of the unconstrained variables."""
    start = factors.layout.vector().copy()
    for block in factors.layout.blocks:
        start[block.slice] = at.get(block.name, start[block.slice])
    return start + 0.05 * np.random.default_rng(5).normal(size=(200, start.size))


def powers(jacobian=False, summed=False, data=Y):
    """A linear model of a power of the data, which is estimated too (Box and Cox, 1964)."""
    with pm.Model() as model:
        power, slope = pm.Normal("power", 0.5, 0.5), pm.Normal("slope")
        base, sigma = pm.Normal("base", shape=3), pm.LogNormal("sigma")
        y = pm.Data("y", data)
        terms = pm.logp(pm.Normal.dist(base[GROUP] + slope * X, sigma), (y**power - 1) / power)
        terms = terms + (power - 1) * pt.log(y) if jacobian else terms
        pm.Potential("fit", terms.sum() if summed else terms)
    factors = Factors(model)
    return warped(factors, around(factors, power=0.4, slope=0.7, base=2.0, sigma=-0.7))


@pytest.mark.parametrize("summed", [False, True])
def test_a_power_of_the_data_without_its_jacobian(summed):
    [row] = powers(summed=summed)
    assert (row["name"], row["variables"]) == ("fit", ["power"])
    assert row["over_function"] < 1e-6 and row["slope"] > 0.1 and row["width"] > 0.1
    # The slope is y**(power - 1): between data its logarithm changes by the power's range times that of log(y).
    spread = np.log(Y) - np.log(Y).mean()
    points = np.random.default_rng(0).normal(size=(12, 6))[:, 0]
    expected = np.ptp(3 * 0.05 * points) * np.abs(spread).max()
    assert row["uneven"] == pytest.approx(expected, rel=0.15)


def test_with_its_jacobian():
    assert powers(jacobian=True) == []


def test_what_is_missing_is_that_of_all_data_together():
    """Divided by their geometric mean, as Box and Cox do, the data have the Jacobian 1 whatever the power."""
    assert powers(data=Y / np.exp(np.log(Y).mean())) == []


def regression(terms):
    with pm.Model() as model:
        slope, base, sigma = pm.Normal("slope"), pm.Normal("base"), pm.LogNormal("sigma")
        pm.Potential("fit", terms(base + slope * X, slope, sigma))
    factors = Factors(model)
    return warped(factors, around(factors, slope=0.7, base=2.0, sigma=-0.7))


LIKELIHOODS = {
    "normal": lambda mu, slope, sigma: pm.logp(pm.Normal.dist(mu, sigma), Y),
    "of logarithms": lambda mu, slope, sigma: pm.logp(pm.Normal.dist(mu, sigma), np.log(Y)),
    "log-normal": lambda mu, slope, sigma: pm.logp(pm.LogNormal.dist(mu, sigma), pt.as_tensor(Y)),
    "counts": lambda mu, slope, sigma: pm.logp(pm.NegativeBinomial.dist(pt.exp(mu), sigma), COUNTS),
    "curved counts": lambda mu, slope, sigma: pm.logp(
        pm.NegativeBinomial.dist(pt.exp(2 + pt.exp(-slope * X)), sigma), COUNTS
    ),
    "curve": lambda mu, slope, sigma: pm.logp(pm.Normal.dist(pt.exp(-slope * X), sigma), Y),
    "censored": lambda mu, slope, sigma: pt.where(
        Y < 9, pm.logp(pm.Normal.dist(mu, sigma), Y), pm.logcdf(pm.Normal.dist(-mu, sigma), -9.0)
    ),
    "series": lambda mu, slope, sigma: pm.logp(
        pm.Normal.dist(slope * pt.as_tensor(Y)[:-1], sigma), pt.as_tensor(Y)[1:]
    ),
}


@pytest.mark.parametrize("terms", LIKELIHOODS.values(), ids=LIKELIHOODS)
def test_what_is_a_density_of_its_data(terms):
    assert regression(terms) == []


def test_a_constraint_of_a_given_width_is_told_by_its_width():
    """A soft constraint at given places is no likelihood of these places."""
    [row] = regression(lambda mu, slope, sigma: pm.logp(pm.Normal.dist(0.0, 0.1), pt.exp(slope * X) - sigma))
    assert row["uneven"] > WARPED_CHANGES > row["width"]
