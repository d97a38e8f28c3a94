"""Which potentials are densities of a function of a variable, without the Jacobian."""

import numpy as np
import pymc as pm
import pytensor.tensor as pt
import pytest

from faultline.engine.backend import PLAIN
from faultline.engine.factors import Factors
from faultline.probes.densities import densities


def rows(build):
    with pm.Model() as model:
        build()
    return densities(Factors(model, backend=PLAIN), 0)["potentials"]


def gamma(y):
    return pm.logp(pm.Gamma.dist(3, 1), y)


@pytest.mark.parametrize("sizes", [(), (3,)])
def test_a_density_of_exp_z(sizes):
    def build():
        z = pm.Flat("z", shape=sizes)
        pm.Potential("p", gamma(pt.exp(z)).sum())

    [row] = rows(build)
    assert row["name"] == "p" and row["variable"] == "z" and row["function"] == "exp(z)"
    assert row["normalised_over_function"] and not row["normalised_over_variable"]
    assert row["integral_over_function"] == pytest.approx(1, abs=1e-3)
    assert row["own_prior"] == "flat" and row["argument"] == "value" and row["per_element"]
    assert not row["jacobian_elsewhere"] and not row["holds_data"] and not row["symmetric"]


def test_its_repair_as_a_second_potential():
    def build():
        z = pm.Flat("z", shape=2)
        pm.Potential("p", gamma(pt.exp(z)))
        pm.Potential("jacobian", z.sum())

    [row] = rows(build)
    assert row["jacobian_elsewhere"]


def test_its_repair_in_one_potential_is_a_density_of_z():
    def build():
        z = pm.Flat("z")
        pm.Potential("p", gamma(pt.exp(z)) + z)

    assert all(not row["normalised_over_function"] for row in rows(build))


@pytest.mark.parametrize(
    ("prior", "function", "log_density"),
    [
        (pm.Normal, pt.sigmoid, lambda y: pm.logp(pm.Beta.dist(2, 3), y)),
        (pm.HalfNormal, pt.sqr, gamma),
        (pm.HalfFlat, pt.log, lambda y: pm.logp(pm.StudentT.dist(nu=3, mu=0, sigma=0.01), y)),
        (pm.HalfFlat, pt.reciprocal, lambda y: pm.logp(pm.HalfCauchy.dist(5), y)),
        (pm.Flat, pt.softplus, lambda y: pm.logp(pm.InverseGamma.dist(3, 1), y)),
        (pm.Normal, lambda z: pt.exp(2 * z + 1), lambda y: pm.logp(pm.LogNormal.dist(8, 0.1), y)),
        (pm.Normal, pt.tanh, lambda y: pm.logp(pm.Uniform.dist(-1, 1), y)),
    ],
)
def test_other_functions_and_densities(prior, function, log_density):
    [row] = rows(lambda: pm.Potential("p", log_density(function(prior("z")))))
    assert row["normalised_over_function"] and not row["normalised_over_variable"], row


def test_an_unnormalised_one_has_tails_over_the_function_alone():
    [row] = rows(lambda: pm.Potential("p", -2 * pt.exp(pm.Flat("z"))))
    assert row["proper_over_function"] and not row["proper_over_variable"]
    assert row["integral_over_function"] == pytest.approx(0.5, rel=1e-3)
    assert row["integral_over_variable"] is None and row["argument"] is None


def test_pseudo_observations_can_be_told_from_priors():
    def build():
        z, w, v = (pm.Normal(name) for name in "zwv")
        pm.Potential("normal", pm.logp(pm.Normal.dist(pt.exp(z), 0.3), 3.0))
        pm.Potential("poisson", pm.logp(pm.Poisson.dist(pt.exp(w)), 3))
        pm.Potential("many", pm.logp(pm.Normal.dist(pt.exp(v), 1.0), np.arange(5.0)).sum())

    by = {row["name"]: row for row in rows(build)}
    assert by["normal"]["symmetric"] and by["poisson"]["argument"] == "parameter"
    assert by["many"]["holds_data"] and not by["many"]["per_element"]
    assert not by["poisson"]["symmetric"]


def test_densities_of_z_itself_are_no_candidates_or_normalised_over_it():
    def build():
        z, w = pm.Flat("z"), pm.HalfFlat("w")
        pm.Potential("normal", pm.logp(pm.Normal.dist(0, 1), z))
        pm.Potential("lognormal", pm.logp(pm.LogNormal.dist(0, 1), w))
        pm.Potential("two", pm.logp(pm.Normal.dist(pt.exp(z), 1), w))
        pm.Potential(
            "softmax", pm.logp(pm.Dirichlet.dist(np.ones(3)), pt.special.softmax(pm.Flat("s", shape=3)))
        )

    for row in rows(build):
        assert not row["normalised_over_function"], row


def test_no_potential_and_no_free_variable():
    assert rows(lambda: pm.Normal("z")) == []
    assert rows(lambda: pm.Potential("constant", pt.constant(1.0))) == []
