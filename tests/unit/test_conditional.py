"""One compilation for every condition: variables held, factors left out."""

import numpy as np
import pymc as pm
import pytest

from faultline.engine.conditional import Conditional, NotConditional
from faultline.engine.factors import Factors
from faultline.probes.fixed_variables import Conditions, figures
from faultline.probes.tail_decay import endless
from faultline.probes.unbounded_density import far


@pytest.fixture(scope="module")
def funnel():
    with pm.Model() as model:
        v = pm.Normal("v", 0, 3)
        pm.Normal("x", 0, pm.math.exp(v / 2), shape=4)
        pm.Potential("extra", -0.5 * (v - 1.0) ** 2)
    return Conditional.of(Factors(model))


AT = np.array([0.7, -1.0, 2.0, 0.3, -0.4])


def log_x(v, x):
    return np.sum(-0.5 * x**2 * np.exp(-v) - v / 2 - 0.5 * np.log(2 * np.pi))


def log_v(v):
    return -0.5 * (v / 3) ** 2 - np.log(3) - 0.5 * np.log(2 * np.pi)


def test_nothing_held_is_the_model_itself(funnel):
    logp, gradient = funnel.look()(AT)
    v, x = AT[0], AT[1:]
    assert logp == pytest.approx(log_v(v) + log_x(v, x) - 0.5 * (v - 1) ** 2)
    assert gradient[1:] == pytest.approx(-x * np.exp(-v))
    assert funnel.totals(AT) == pytest.approx([log_v(v), log_x(v, x), -0.5 * (v - 1) ** 2])


def test_a_held_variable_keeps_its_factor_and_its_coordinate_is_standard_normal(funnel):
    held = np.array([2.0, 0, 0, 0, 0])
    logp, gradient = funnel.look(hold=["v"], held=held)(AT)
    expected = log_v(2.0) + log_x(2.0, AT[1:]) - 0.5 - 0.5 * AT[0] ** 2
    assert logp == pytest.approx(expected)
    assert gradient[0] == pytest.approx(-AT[0]) and gradient[1:] == pytest.approx(-AT[1:] * np.exp(-2.0))


def test_a_factor_that_is_left_out_is_gone_from_value_and_gradient(funnel):
    logp, gradient = funnel.look(drop=["v", "extra"])(AT)
    v, x = AT[0], AT[1:]
    assert logp == pytest.approx(log_x(v, x))
    assert gradient[0] == pytest.approx(np.sum(0.5 * x**2 * np.exp(-v) - 0.5))
    assert funnel.gradient(AT, "extra") == pytest.approx([1 - v, 0, 0, 0, 0])


def test_an_infinite_factor_that_is_left_out_leaves_no_trace():
    with pm.Model() as model:
        a = pm.Normal("a", 0, 1)
        pm.Potential("never", pm.math.log(0.0 * a))
    assert np.isfinite(Conditional.of(Factors(model)).look(drop=["never"])(np.array([0.3]))[0])


def test_a_discrete_model_cannot_be_conditioned():
    with pm.Model() as model:
        pm.Poisson("n", 3)
    with pytest.raises(NotConditional):
        Conditional.of(Factors(model))


def test_a_random_walk_over_a_dimension_can_be_conditioned():
    """Its graph splits an array at the dimension's length, which JAX has to know."""
    with pm.Model(coords={"night": range(5)}) as model:
        step = pm.HalfNormal("step", 1)
        init = pm.Normal.dist(0, 1)
        level = pm.GaussianRandomWalk("level", 0, step, init_dist=init, dims="night")
        pm.Normal("y", level, 1, observed=np.zeros(5))
    conditional = Conditional.of(Factors(model))
    start = conditional.layout.vector()
    logp, _ = conditional.look()(start)
    assert logp == pytest.approx(float(model.compile_logp(mode="FAST_COMPILE")(model.initial_point())))


def test_an_operation_that_jax_does_not_know_is_named():
    with pm.Model() as model:
        chance, size = pm.Beta("chance", 2, 2), pm.Gamma("size", 2, 1)
        pm.HurdleNegativeBinomial("y", psi=chance, mu=1.0, alpha=size, observed=[0, 1, 3])
    with pytest.raises(NotConditional, match=r"^JAX does not know the operation ScalarLoop$"):
        Conditional.of(Factors(model))


def test_holding_either_end_of_a_funnel_cures_it(funnel):
    conditions = Conditions(funnel)
    starts = np.random.default_rng(0).normal(size=(4, 5))
    plain = figures(conditions.layout, conditions.fit(starts, drop=["extra"]))
    held = {
        name: figures(conditions.layout, conditions.fit(starts, hold=[name], held=AT, drop=["extra"]), [name])
        for name in ("v", "x")
    }
    assert plain["min_ebfmi"] < 0.3
    assert all(fit["ess_per_1000"] > 10 * plain["ess_per_1000"] for fit in held.values())
    assert {row["name"] for row in held["v"]["variables"]} == {"x", "log-density"}


def test_a_density_that_rises_far_away_is_told_with_its_factor():
    with pm.Model() as model:
        b = pm.Flat("b", shape=2)
        pm.Potential("penalty", 0.5 * (b**2).sum())
        pm.Normal("y", b.sum(), 1, observed=[1.0, 2.0])
    with pm.Model() as sound:
        pm.StudentT("b", 2, shape=2)
    rows = far(Conditional.of(Factors(model)), np.zeros(2), np.ones(2))
    assert rows[0]["factor"] == "penalty" and rows[0]["kind"] == "potential" and rows[0]["rise"] > 1e6
    assert far(Conditional.of(Factors(sound)), np.zeros(2), np.ones(2)) == []


def lines(build, start, draws):
    with pm.Model() as model:
        build()
    draws = np.atleast_2d(np.asarray(draws, float))
    density = Conditional.of(Factors(model))
    return endless(density, np.asarray(start, float), draws, np.maximum(draws.std(axis=0), 1e-9))


def logarithm_of_a_scale(prior):
    """Data that agree with no spread at all."""
    scale = pm.math.exp(prior("log_scale"))
    pm.Normal("y", scale * pm.Normal("z", shape=4), 1.0, observed=[0.1, -0.2, 0.3, 0.0])


@pytest.mark.parametrize(
    ("prior", "found"),
    [
        (pm.Flat, [["log_scale"]]),
        (lambda name: pm.Normal(name, 0, 1e3), []),
        (lambda name: pm.Cauchy(name, 0, 1), []),
    ],
)
def test_a_flat_prior_on_the_logarithm_of_a_scale_leaves_no_posterior(prior, found):
    rows = lines(
        lambda: logarithm_of_a_scale(prior), np.zeros(5), np.random.default_rng(0).normal(size=(9, 5))
    )
    assert [row["names"] for row in rows] == found
    for row in rows:
        assert row["profile"][-1] == pytest.approx(row["profile"][-2]) and row["distances"][-1] >= 1e10


@pytest.mark.parametrize(("groups", "found"), [(1, [["tau"]]), (2, [])])
def test_one_group_leaves_a_flat_scale_of_groups_without_an_end(groups, found):
    def build():
        theta = pm.Normal("theta", pm.Normal("mu", 0, 10), pm.HalfFlat("tau"), shape=groups)
        pm.Normal("y", theta, 1.0, observed=np.linspace(3, 5, groups))

    draws = np.random.default_rng(0).normal(size=(9, groups + 2))
    rows = lines(build, draws[0], draws)  # in the neck of a funnel, where theta is mu, lines rise
    assert [row["names"] for row in rows] == found
    assert all(row["logarithm"] and row["distances"][-1] == 640 for row in rows)


def classes(separated):
    """Two predictors; a line in their plane parts the classes, or one datum lies on the wrong side."""
    x = np.array([[1.0, 0.2], [2.0, -1.0], [0.5, 2.0], [-1.0, 0.3], [-2.0, -1.0], [-0.6, -1.5]])
    y = np.array([1, 1, 1, 0, 0, 0 if separated else 1])
    slopes = pm.Flat("slopes", shape=2)
    pm.Bernoulli("y", logit_p=pm.Flat("intercept") + x @ slopes, observed=y)


def test_separated_classes_leave_no_posterior_and_overlapping_ones_do():
    draws = np.array([[3.0, 0.5, 0.2], [60.0, 9.0, 1.0], [0.5, 0.1, -0.1]])
    rows = lines(lambda: classes(separated=True), draws[0], draws)
    assert ["slopes", "intercept"] in [row["names"] for row in rows]
    assert lines(lambda: classes(separated=False), draws[0], draws) == []


def test_flat_priors_that_the_data_hold_are_no_finding():
    def regression():
        mu, sigma = pm.Flat("mu"), pm.HalfFlat("sigma")
        pm.Normal("y", mu, sigma, observed=[1.0, 2.0, 4.0, 3.0])
        pm.StudentT("wide", nu=1, mu=pm.Flat("level"), sigma=1e8, observed=[0.0])
        pm.StudentT("heavy", nu=1, mu=pm.Flat("centre"), sigma=1, observed=[0.0, 1.0])

    assert lines(regression, [2.0, 0.3, 0.0, 0.5], np.random.default_rng(1).normal(size=(20, 4))) == []


def test_a_plateau_that_no_chain_can_reach_explains_nothing():
    """A robust likelihood is flat far out, where nobody goes."""

    def robust():
        y = np.linspace(-1, 1, 30)
        pm.Potential("y", pm.math.logaddexp(-0.5 * (y - pm.Flat("mu")) ** 2, -8.0).sum())

    assert lines(robust, [0.0], np.random.default_rng(1).normal(0, 0.2, (20, 1))) == []
