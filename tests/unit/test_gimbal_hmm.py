"""The hidden-state term against enumeration, integration and its own limits."""

import itertools

import numpy as np
import pytensor
import pytensor.tensor as pt
import pytest
from scipy.integrate import quad
from scipy.special import log_softmax, logsumexp

from faultline.cases.gimbal import hmm
from faultline.engine.backend import compile_function


def enumerate_states(initial, transition, emission):
    """Log density summed over every state sequence."""
    T, S = emission.shape
    return logsumexp(
        [
            initial[path[0]]
            + sum(transition[a, b] for a, b in itertools.pairwise(path))
            + sum(emission[t, s] for t, s in enumerate(path))
            for path in itertools.product(range(S), repeat=T)
        ]
    )


@pytest.mark.parametrize(("T", "S"), [(1, 2), (2, 2), (3, 2), (4, 2), (5, 3), (6, 2)])
def test_the_forward_algorithm_sums_over_every_state_sequence(T, S):
    rng = np.random.default_rng(T)
    init_logits, trans_logits = rng.standard_normal(S), rng.standard_normal((S, S))
    emission = 3 * rng.standard_normal((T, S)) - 50
    found = hmm.log_marginal(pt.constant(emission), pt.constant(init_logits), pt.constant(trans_logits))
    value = compile_function([], [found])()[0]
    wanted = enumerate_states(log_softmax(init_logits), log_softmax(trans_logits, axis=1), emission)
    assert value == pytest.approx(wanted, rel=1e-12)


def test_the_forward_algorithm_stands_very_unlikely_frames():
    emission = pt.matrix("emission", shape=(9, 2))
    logp = hmm.log_marginal(emission, pt.zeros(2), pt.zeros((2, 2)))
    value, gradient = compile_function([emission], [logp, pytensor.grad(logp, emission)])(
        np.tile([-1e6, 3000 - 1e6], (9, 1))
    )
    assert np.isfinite(value)
    np.testing.assert_allclose(gradient, np.tile([0, 1], (9, 1)), atol=1e-12)


def test_the_forward_algorithm_stands_frames_that_contradict_each_other():
    rng = np.random.default_rng(3)
    emission = 5000 * rng.standard_normal((9, 3))  # every frame all but excludes two states
    trans_logits = 10 * rng.standard_normal((3, 3))
    variable = pt.matrix("emission", shape=(9, 3))
    logp = hmm.log_marginal(variable, pt.zeros(3), pt.constant(trans_logits))
    value, gradient = compile_function([variable], [logp, pytensor.grad(logp, variable)])(emission)
    wanted = enumerate_states(log_softmax(np.zeros(3)), log_softmax(trans_logits, axis=1), emission)
    assert value == pytest.approx(wanted, rel=1e-12)
    np.testing.assert_allclose(gradient, np.eye(3)[emission.argmax(axis=1)], atol=1e-12)


@pytest.fixture(scope="module")
def normaliser():
    kappa = pt.vector("kappa")
    value = hmm.log_vmf_normaliser(kappa)
    return compile_function([kappa], [value, pytensor.grad(value.sum(), kappa)])


@pytest.mark.parametrize("kappa", [1e-6, 0.01, 0.0199, 0.0201, 0.5, 3.0, 30.0])
def test_the_normaliser_makes_a_density_of_the_sphere(kappa, normaliser):
    value = normaliser(np.array([kappa]))[0][0]
    total = quad(lambda cosine: 2 * np.pi * np.exp(value + kappa * cosine), -1, 1, epsabs=0, epsrel=1e-12)[0]
    assert total == pytest.approx(1, rel=1e-10)


def test_the_normaliser_is_stable_at_both_ends(normaliser):
    kappa = np.array([0.0, 1e-300, 1e-12, 700.0, 1e8])
    value, gradient = normaliser(kappa)
    np.testing.assert_allclose(value[:3], -np.log(4 * np.pi))
    np.testing.assert_allclose(value[3:], np.log(kappa[3:] / (2 * np.pi)) - kappa[3:], rtol=1e-14)
    np.testing.assert_allclose(gradient, [0, 0, 0, 1 / 700 - 1, 1e-8 - 1], atol=1e-9)


def test_the_normaliser_is_smooth_where_series_and_closed_form_meet(normaliser):
    kappa = np.array([0.02 - 1e-9, 0.02 + 1e-9])
    value, gradient = normaliser(kappa)
    assert np.ptp(value) < 1e-10 and np.ptp(gradient) < 1e-8


def test_a_tighter_state_fits_better_only_without_the_normaliser():
    rng = np.random.default_rng(0)
    U = rng.standard_normal((200, 1, 3))
    U /= np.linalg.norm(U, axis=-1, keepdims=True)  # uniform: no concentration is right
    mu = np.array([[[0.0, 0.0, 1.0]]])
    sums = {}
    for normalised in (False, True):
        emissions = [
            hmm.log_emission(
                pt.constant(np.abs(U)), pt.constant(mu), pt.constant([[k]]), normalised=normalised
            )
            for k in (0.5, 5.0, 500.0)
        ]
        sums[normalised] = np.ravel([v.sum() for v in compile_function([], emissions)()])
    assert (np.diff(sums[False]) > 0).all()
    assert sums[True].argmax() < 2
