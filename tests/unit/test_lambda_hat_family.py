"""The variational family of ``lambda_hat`` against dense matrices and SciPy."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.special import log_softmax, logsumexp, softmax
from scipy.stats import multivariate_normal

from faultline.cases.lambda_hat import checks, estimate, family
from faultline.cases.lambda_hat.family import Parameters

pytestmark = pytest.mark.slow

PRODUCTS = jax.lax.Precision.HIGHEST


def parameters(seed=0, d=5, M=3, r=2, dtype="float64"):
    rng = np.random.default_rng(seed)
    made = Parameters(rng.standard_normal(d), 0.7 * rng.standard_normal((M, d, r)), rng.standard_normal(M))
    return Parameters(*(jnp.asarray(each, dtype) for each in made))


def dense(at):
    """The covariances of the components, by the definition."""
    root = np.diag(np.log1p(np.exp(np.asarray(at.rho, float))))
    return [root @ (np.eye(len(root)) + A @ A.T) @ root for A in np.asarray(at.A, float)]


@pytest.mark.parametrize(("d", "M", "r"), [(1, 1, 1), (5, 3, 2), (10, 3, 3), (49, 8, 2)])
def test_log_q_and_responsibilities_are_those_of_a_mixture_of_normals(d, M, r):
    with jax.enable_x64(True):
        at = parameters(d, d, M, r)
        v = np.random.default_rng(1).standard_normal(d)
        found = family.log_density(jnp.asarray(v), at, 0.0, 0.0, PRODUCTS)
        known = log_softmax(at.alpha) + [multivariate_normal(cov=cov).logpdf(v) for cov in dense(at)]
        np.testing.assert_allclose(found.components, known, rtol=1e-9)
        assert found.q == pytest.approx(logsumexp(known), rel=1e-9)
        np.testing.assert_allclose(found.responsibilities, softmax(known), rtol=1e-7)
        np.testing.assert_allclose(found.logdet, [np.linalg.slogdet(cov)[1] for cov in dense(at)], rtol=1e-9)
        np.testing.assert_allclose(found.quad, [v @ np.linalg.solve(cov, v) for cov in dense(at)], rtol=1e-9)


def test_float32_is_near_enough():
    at, v = parameters(dtype="float32"), np.random.default_rng(1).standard_normal(5)
    found = family.log_density(jnp.asarray(v, jnp.float32), at, family.OFFSET, 1e-6, PRODUCTS).q
    known = log_softmax(at.alpha) + [multivariate_normal(cov=cov).logpdf(v) for cov in dense(at)]
    assert found.dtype == jnp.float32
    assert float(found) == pytest.approx(logsumexp(known), abs=1e-4)


def test_draws_have_the_covariance_of_the_family():
    with jax.enable_x64(True):
        at = parameters()
        v = np.asarray(estimate.draws_of(jax.random.key(1), at, 200_000))
        wanted = np.einsum("m,mde->de", softmax(at.alpha), dense(at))
        np.testing.assert_allclose(checks.covariance(at), wanted, rtol=1e-12)
        np.testing.assert_allclose(np.cov(v.T), wanted, atol=0.03 * np.trace(wanted) / 5)
        assert np.mean(np.sum(v**2, axis=1)) == pytest.approx(np.trace(wanted), rel=0.02)


@pytest.mark.parametrize(("rho", "root"), [(0.0, np.log(2)), (-30.0, 1e-4), (200.0, 1e2), (5.0, 5.00671)])
def test_the_scale_is_softplus_within_limits(rho, root):
    assert float(family.scale(jnp.array([rho]))[0]) == pytest.approx(root, rel=1e-5)


def test_without_the_limits_it_is_softplus_alone():
    assert float(family.scale(jnp.array([200.0]), clip=False)[0]) == pytest.approx(200)
    assert float(family.scale(jnp.array([-30.0]), clip=False)[0]) < 1e-12


def test_columns_are_capped_and_shorter_ones_left_alone():
    A = jnp.asarray(np.random.default_rng(0).standard_normal((3, 9, 2)))
    long = A / jnp.linalg.norm(A, axis=1, keepdims=True) * jnp.array([5.0, 0.5])
    capped = np.linalg.norm(family.cap_columns(long, 3.0), axis=1)
    np.testing.assert_allclose(capped, np.broadcast_to([3.0, 0.5], (3, 2)), rtol=1e-5)


def test_the_start_is_that_of_the_algorithm():
    made = family.start(jax.random.key(0), 400, 3, 2, 0.0, jnp.float32)
    assert float(family.scale(made.rho)[0]) == pytest.approx(0.693, abs=1e-3)
    assert float(jnp.std(made.A)) == pytest.approx(0.05, rel=0.1)
    assert not made.alpha.any()


def test_both_precisions_draw_the_same_noise():
    single = family.draw_noise(jax.random.key(3), parameters(dtype="float32"))
    with jax.enable_x64(True):
        double = family.draw_noise(jax.random.key(3), parameters())
    assert double.e.dtype == np.float64
    for one, other in zip(single, double, strict=True):
        np.testing.assert_array_equal(one, other)


def test_the_payoff_of_the_exact_family_is_log_z_at_every_draw():
    """Where q is the target itself, l - log q is log Z whatever is drawn; so is the ELBO."""
    h, n_beta, gamma = np.arange(1, 7), 8.0, 0.5
    precision = n_beta * h + gamma
    log_z = 0.5 * (6 * np.log(2 * np.pi) - np.sum(np.log(precision)))
    with jax.enable_x64(True):
        rho = np.log(np.expm1(precision**-0.5))
        at = Parameters(jnp.asarray(rho), jnp.zeros((2, 6, 2)), jnp.array([0.3, -0.1]))
        for v in np.asarray(estimate.draws_of(jax.random.key(0), at, 5)):
            log_q = family.log_density(jnp.asarray(v), at, 0.0, 0.0, PRODUCTS).q
            assert -0.5 * np.sum(precision * v**2) - float(log_q) == pytest.approx(log_z, abs=1e-9)


def test_the_ridge_moves_log_q():
    with jax.enable_x64(True):
        at, v = parameters(), jnp.ones(5)
        exact, *moved = (
            family.log_density(v, at, 0.0, ridge, PRODUCTS).q for ridge in (0.0, 1e-6, 1e-5, 1e-4)
        )
        sizes = [abs(float(each - exact)) for each in moved]
    assert 0 < sizes[0] < sizes[1] < sizes[2] < 1e-3


@pytest.mark.parametrize("precision", [jax.lax.Precision.HIGHEST, jax.lax.Precision.DEFAULT])
def test_the_products_are_computed_in_the_precision_that_is_asked_for(precision):
    """On CPUs both give the same numbers; so the graph has to say it."""
    made = jax.make_jaxpr(
        lambda v: family.log_density(v, parameters(dtype="float32"), 0.0, 0.0, precision).q
    )(jnp.ones(5))
    found = [
        equation.params["precision"]
        for equation in made.jaxpr.eqns
        if equation.primitive.name == "dot_general"
    ]
    assert (precision, precision) in found
    assert (precision is jax.lax.Precision.HIGHEST) == ((jax.lax.Precision.HIGHEST,) * 2 in found)
