"""What is estimated of a fitted family and what is reported of it: ``lambda_hat``."""

from types import SimpleNamespace

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from lambda_hat_runs import through

from faultline.cases.lambda_hat import analysis, checks, estimate, losses
from faultline.cases.lambda_hat.family import Parameters
from faultline.cases.lambda_hat.step import Data

pytestmark = pytest.mark.slow

H = np.array([[2.0, 0.5, 0.1], [0.5, 1.0, -0.3], [0.1, -0.3, 1.5]])


def setting(kind=losses.QUADRATIC):
    """Parameters, data and the loss of each point, for three weights and seven points; in float64."""
    rng = np.random.default_rng(2)
    at = Parameters(rng.standard_normal(3), 0.5 * rng.standard_normal((2, 3, 2)), rng.standard_normal(2))
    at = Parameters(*map(jnp.asarray, at))
    data = Data(
        *map(jnp.asarray, (rng.standard_normal((7, 3)), rng.standard_normal(7), np.full(3, 0.4), 6.0, 1.0))
    )
    return at, data, losses.pointwise(kind, jnp.asarray(H), data.w_star)


def of_draws(with_diagonal=True, reduction="mean", number=2000):
    with jax.enable_x64(True):
        at, data, point = setting()
        v = estimate.draws_of(jax.random.key(0), at, number)
        factor = 1 if reduction == "mean" else 7
        reduced = losses.reduced(point, reduction)
        return at, estimate.lambdas(v, reduced, jnp.asarray(factor * H), at, data, with_diagonal)


def test_the_trace_is_that_of_the_dense_matrices():
    with jax.enable_x64(True):
        at = setting()[0]
        whole, factors = (float(estimate.trace_of_product(jnp.asarray(H), at, on)) for on in (True, False))
    root = np.log1p(np.exp(np.asarray(at.rho)))
    assert whole == pytest.approx(np.trace(H @ checks.covariance(at)), rel=1e-9)
    assert whole - factors == pytest.approx(np.sum(np.diag(H) * root**2), rel=1e-9)


def test_the_control_variate_is_exact_for_a_quadratic():
    at, found = of_draws()
    exact = checks.lambda_of(at, H, 6.0)
    assert found["lambda_cv"] == pytest.approx(exact, rel=1e-9)
    assert found["lambda_cv_se"] < 1e-9
    assert abs(found["lambda_mc"] - exact) < 4 * found["lambda_mc_se"]


def test_without_the_diagonal_the_control_variate_is_wrong_and_monte_carlo_is_not():
    at, found = of_draws(with_diagonal=False)
    exact = checks.lambda_of(at, H, 6.0)
    assert found["lambda_cv"] < 0.8 * exact
    assert abs(found["lambda_mc"] - exact) < 4 * found["lambda_mc_se"]


def test_a_sum_over_the_points_multiplies_lambda_by_their_number():
    (_, mean), (_, total) = of_draws(), of_draws(reduction="sum")
    for name in ("lambda_cv", "lambda_mc", "Eq_Ln_mc"):
        assert total[name] == pytest.approx(7 * mean[name], rel=1e-9)


def test_variance_reduction_is_one_where_the_remainder_has_no_variance():
    lost = np.array([1.0, 2.0, 4.0])
    assert estimate.variance_reduction(lost, np.zeros(3)) == 1.0
    assert of_draws()[1]["variance_reduction"] == 1.0
    assert estimate.variance_reduction(lost, lost / 2) == pytest.approx(4)
    assert np.isnan(estimate.variance_reduction(lost, np.full(3, np.nan)))


def test_errors_are_shares_and_nothing_is_known_without_a_closed_form():
    assert estimate.relative_error(2.2, 2.0) == pytest.approx(0.1)
    assert estimate.relative_error(0.2, 0.0) == 0.2
    assert estimate.relative_error(0.2, None) is None


def test_a_loss_that_is_zero_everywhere_is_estimated():
    made = through("target", "fit", "evaluate", loss="uses_data", steps="tests")
    assert made["target"].facts["lambda"] == 0
    assert (made["evaluate"].facts["lambda_error"], made["evaluate"].facts["lambda_mc_in_se"]) == (0, 0)


def summary(source):
    trace = np.concatenate([np.linspace(9, 1, 40), np.ones(60)])
    return analysis.summary(source, trace, 0.5, 10.0, 5.0, 0.2, 50.0)


def test_from_the_trace_lambda_is_that_of_all_steps():
    found = summary("trace")
    assert found["llc_mean"] == pytest.approx(10 * (0.4 * 5 + 0.6 - 0.5))
    assert (found["llc_min"], found["llc_max"], found["llc_values"]) == (5, 85, 100)
    assert found["llc_std"] > 10
    assert found["r_hat"] > 1.5
    assert found["wnv"] == pytest.approx(found["llc_std"] ** 2 / found["ess"] * 50)


def test_from_the_work_it_is_the_one_estimate_whose_spread_is_zero():
    found = summary("work")
    assert (found["llc_mean"], found["llc_std"], found["llc_values"]) == (5.0, 0.0, 1)
    assert (found["r_hat"], found["ess"], found["total_fge"]) == (None, None, 50.0)
    assert found["wnv"] == pytest.approx(0.04 * 50)


def test_a_trace_with_nan_has_no_mixing():
    found = analysis.summary("trace", np.array([1.0, np.nan, 2.0, 3.0]), 0, 1.0, 1.0, 0.1, 1.0)
    assert np.isnan([found["llc_mean"], found["r_hat"], found["ess"], found["wnv"]]).all()


def test_a_comparison_says_how_far_two_lambdas_are_apart():
    found = estimate.compared(2.2, 0.3, 2.0, 0.4)
    assert found["difference"] == pytest.approx(0.2)
    assert found["difference_se"] == pytest.approx(0.5)
    assert found["relative_difference"] == pytest.approx(0.1)


@pytest.mark.parametrize(
    ("stage", "figure", "choices", "limit"),
    [
        ("check_estimate", "trace_error", {"trace_diagonal": "factors"}, 1e-4),
        ("check_estimate", "loss_error", {"loss_reduction": "sum"}, 1e-4),
        ("check_step", "call_error", {"loss_signature": "pair"}, 0),
    ],
)
def test_the_checks_accuse_the_other_way(stage, figure, choices, limit):
    assert through(stage)[stage].facts[figure] <= limit
    assert through(stage, **choices)[stage].facts[figure] > limit


def test_the_check_of_the_analysis_speaks_of_the_family_that_was_fitted():
    names = ("target", "fit", "evaluate", "analyse", "check_analysis")
    for choices, wrong in (
        ({}, False),
        ({"steps": "tests"}, False),
        ({"analysis_source": "trace"}, True),
        ({"trace_diagonal": "factors"}, True),
    ):
        assert (through(*names, **choices)["check_analysis"].facts["llc_error"] > 0.03) == wrong


def test_where_nothing_is_known_the_check_of_the_analysis_says_nothing():
    from faultline.cases.lambda_hat import model

    given = SimpleNamespace(facts={"lambda": None, "n_beta": 1.0, "llc_mean": 3.0})
    run = SimpleNamespace(output=lambda facts: facts)
    assert model.check_analysis(given, None, given, run) == {"llc_error": None}
