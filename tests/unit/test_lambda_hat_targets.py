"""The targets of ``lambda_hat``: closed forms against integrals, and what the choices of data, loss and spectrum make."""

import numpy as np
import pytest
from lambda_hat_runs import through
from scipy.integrate import dblquad

from faultline.cases.lambda_hat import losses, model, targets

pytestmark = pytest.mark.slow


def make(scenario="quad_d8", spectrum="diagonal", data="zeros", loss="ignores_data"):
    return targets.make_target(model.SCENARIOS[scenario], spectrum, data, loss)


@pytest.mark.parametrize(
    ("scenario", "n_beta", "exact", "log_z"),
    [
        ("quad_d10", 21.71, 4.934, -13.819),
        ("quad_d8", 12.78, 3.898, -8.247),
        ("quad_d6", 8.82, 2.6945, -1.340),
    ],
)
def test_the_closed_forms_of_the_three_tests(scenario, n_beta, exact, log_z):
    facts = through("target", scenario=scenario)["target"].facts
    assert facts["n_beta"] == pytest.approx(n_beta, abs=0.005)
    assert facts["lambda"] == pytest.approx(exact, abs=5e-4)
    assert facts["log_z"] == pytest.approx(log_z, abs=5e-4)


def test_the_closed_forms_are_those_of_an_integral():
    H, n_beta, gamma, at_optimum = np.array([[1.5, 0.4], [0.4, 0.7]]), 6.0, 0.8, 0.3

    def loss(a, b):
        v = np.array([a, b])
        return at_optimum + 0.5 * v @ H @ v

    def density(a, b):
        return np.exp(-n_beta * loss(a, b) - gamma / 2 * (a * a + b * b))

    z = dblquad(density, -5, 5, -5, 5)[0]
    mean = dblquad(lambda a, b: loss(a, b) * density(a, b), -5, 5, -5, 5)[0] / z
    assert targets.closed_log_z(H, n_beta, gamma, at_optimum) == pytest.approx(np.log(z), abs=1e-6)
    assert targets.closed_lambda(H, n_beta, gamma) == pytest.approx(n_beta * (mean - at_optimum), abs=1e-6)


def test_the_bounded_spectrum_has_a_random_orthonormal_basis():
    values, basis = targets.eigenvalues_and_basis(np.random.default_rng(1), "bounded", 8)
    np.testing.assert_allclose(basis.T @ basis, np.eye(8), atol=1e-12)
    assert np.abs(basis - np.eye(8)).max() > 0.1
    for scenario, spectrum in (("quad_rand", "diagonal"), ("quad_d8", "bounded")):
        found = np.linalg.eigvalsh(make(scenario, spectrum)["H"])
        assert ((found >= 1) & (found <= 3)).all()
        assert np.ptp(found) > 0.5
    assert np.ptp(values) > 0.5


@pytest.mark.parametrize(
    ("scenario", "diagonal"),
    [("quad_d6", np.ones(6)), ("quad_d8", np.arange(1, 9)), ("quad_d10", np.arange(1, 11))],
)
def test_the_hessians_of_the_three_tests(scenario, diagonal):
    made = make(scenario)
    np.testing.assert_array_equal(made["H"], np.diag(diagonal))
    np.testing.assert_array_equal(made["w_star"], 0)


def test_data_are_zeros_noise_or_real():
    zeros, noise, real = (make(data=data) for data in ("zeros", "noise", "real"))
    assert not zeros["X"].any()
    assert not zeros["Y"].any()
    assert noise["X"].std() == pytest.approx(0.01, rel=0.15)
    assert noise["Y"].std() == pytest.approx(0.01, rel=0.35)
    assert real["X"].std() > 1


def test_a_loss_that_uses_real_data_has_the_same_hessian_and_optimum():
    for spectrum in ("diagonal", "bounded"):
        ignores, uses = (
            make(spectrum=spectrum, data="real", loss=loss) for loss in ("ignores_data", "uses_data")
        )
        assert (ignores["kind"], uses["kind"]) == (losses.QUADRATIC, losses.LEAST_SQUARES)
        np.testing.assert_allclose(uses["H"], ignores["H"], atol=1e-12)
        np.testing.assert_allclose(uses["w_star"], 0, atol=1e-12)


@pytest.mark.parametrize(
    ("scenario", "choices", "moves"),
    [
        ("quad_d6", {"data": "zeros"}, False),
        ("quad_d6", {"data": "noise"}, False),
        ("quad_d6", {"data": "real"}, False),
        ("quad_d6", {"data": "real", "loss": "uses_data"}, True),
        ("linreg", {}, True),
        ("mlp_tiny", {}, True),
    ],
)
def test_shuffling_the_data_moves_only_a_loss_that_uses_them(scenario, choices, moves):
    moved = through("target", scenario=scenario, **choices)["target"].facts["loss_moved_by_shuffling"]
    assert (moved > 1e-3) if moves else (moved == 0)


def test_the_regression_has_the_hessian_and_the_optimum_of_its_data():
    made = make("linreg")
    X, Y, w = made["X"], made["Y"], made["w_star"]
    np.testing.assert_allclose(made["H"], X.T @ X / 100)
    np.testing.assert_allclose(X.T @ (X @ w - Y), 0, atol=1e-9)
    assert np.std(X @ w - Y) == pytest.approx(0.1, rel=0.2)


def test_the_network_has_about_fifty_weights_and_its_optimum_is_one():
    made = make("mlp_tiny")
    assert made["w_star"].shape == (49,)
    assert made["X"].shape == (100, 4)
    assert np.linalg.eigvalsh(made["H"])[0] > -1e-8
    facts = through("target", scenario="mlp_tiny")["target"].facts
    assert facts["lambda"] is None
    assert facts["log_z"] is None


def test_gamma_is_that_of_the_target():
    strong, weak = (through("target", gamma=gamma)["target"].facts for gamma in ("1", "0.001"))
    assert (strong["gamma"], weak["gamma"]) == (1, 0.001)
    assert weak["lambda"] == pytest.approx(3, abs=1e-3)
    assert strong["lambda"] == pytest.approx(3 * 8.8204 / 9.8204, abs=1e-4)


def test_the_data_are_the_same_with_every_seed():
    one, other = (through("target", scenario="linreg", seed=seed)["target"] for seed in (1, 2))
    np.testing.assert_array_equal(one.X, other.X)
