"""The network of ``urease``: its convolutions, what padding does to it, its loss, and that it can fit."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from faultline.cases.urease import checks, network, training
from faultline.cases.urease.network import Settings

BOUNDS = jnp.array([[-1.7, 1.7], [-1.6, 1.6]])
RNG = np.random.default_rng(0)


def settings(**changes):
    about = {
        "head": "linear",
        "uncertainty": "nll",
        "logvar": "free",
        "dropout": "0.2_0.1",
        "batch_norm": "off",
        "levels": 3,
    }
    return Settings(**{**about, **changes})


def outputs(x, counted, chosen, moving=None):
    weights = network.start(jax.random.key(1), chosen, x.shape[-1], 5)
    known = jnp.asarray(np.random.default_rng(1).normal(size=(len(x), 5)), jnp.float32)
    given = (jnp.asarray(x, jnp.float32), jnp.asarray(counted, jnp.float32), known)
    return network.applied(weights, moving or network.averages(chosen), given, BOUNDS, chosen, None)


@pytest.mark.parametrize("dilation", [1, 2, 4])
def test_a_convolution_is_the_sum_written_out(dilation):
    x, w, b = RNG.normal(size=(2, 9, 3)), RNG.normal(size=(3 * 3, 4)), RNG.normal(size=4)
    found = network.convolved(jnp.asarray(x), {"w": jnp.asarray(w), "b": jnp.asarray(b)}, dilation)
    for t in range(9):
        wanted = b.copy()
        for place in range(3):
            at = t - (2 - place) * dilation
            if at >= 0:
                wanted = wanted + x[:, at] @ w[3 * place : 3 * place + 3]
        np.testing.assert_allclose(found[:, t], wanted, rtol=1e-5, atol=1e-5)


def test_bare_points_and_points_that_no_pool_counts_are_the_same():
    x = np.random.default_rng(5).normal(size=(3, 100, 2))
    counted = (np.arange(100) < 30) * np.ones((3, 1))
    x[:, 30:] = x[:, 29:30]
    masked, bare = outputs(x, counted, settings())[0], outputs(x[:, :30], np.ones((3, 30)), settings())[0]
    np.testing.assert_allclose(masked, bare, atol=1e-6)
    assert np.abs(masked - outputs(x, np.ones((3, 100)), settings())[0]).max() > 1e-4


def test_the_receptive_field_is_that_of_the_audit_and_every_point_is_seen_all_the_same():
    assert network.receptive_field(3) == 29 and network.receptive_field(5) == 125
    assert checks.points_that_reach(settings(), 2, 5, 0) == 1


@pytest.mark.parametrize(
    "changes", [{}, {"logvar": "regularised"}, {"uncertainty": "none"}, {"head": "bounded"}]
)
def test_the_loss_is_a_mean_whose_gradient_is_that_of_finite_differences(changes):
    found = checks.likelihood(settings(**changes), np.random.default_rng(1))
    assert found["gradient_error"] < 1e-6 and found["reduction_error"] < 1e-12
    if changes.get("uncertainty") == "none":
        assert found["variance_error"] is None
    else:
        assert (found["variance_error"] < 0.001) == (changes.get("logvar") != "regularised")


def test_the_loss_at_known_values():
    zero, one = jnp.zeros((1, 2)), jnp.ones((1, 2))
    assert float(network.loss_of(zero, jnp.log(4 * one), one, settings())) == pytest.approx(
        0.5 * (np.log(4) + 0.25)
    )
    assert float(network.loss_of(zero, one, 3 * one, settings(uncertainty="none"))) == 9
    penalty = network.loss_of(zero, 2 * one, one, settings(logvar="regularised")) - network.loss_of(
        zero, 2 * one, one, settings()
    )
    assert float(penalty) == pytest.approx(0.04)
    # It is negative where the variance is small, not where it is large.
    assert (
        float(network.loss_of(zero, -6 * one, zero, settings()))
        < 0
        < float(network.loss_of(zero, 6 * one, one, settings()))
    )


@pytest.mark.parametrize(
    ("how", "low", "high"),
    [("free", -20, 20), ("clamped", -10, 10), ("floored", -4.6, 10), ("regularised", -20, 20)],
)
def test_logvar_is_limited_as_its_name_says(how, low, high):
    np.testing.assert_allclose(network.limited(jnp.array([-20.0, 20.0]), how), [low, high], rtol=1e-6)


def test_a_bounded_head_cannot_leave_the_ranges():
    far = jnp.array([[-1e3, 1e3]])
    np.testing.assert_allclose(network.bounded(far, BOUNDS, "bounded"), [[-1.7, 1.6]])
    np.testing.assert_array_equal(network.bounded(far, BOUNDS, "linear"), far)


def test_batch_normalization_uses_its_averages_where_the_network_is_evaluated():
    chosen, x = settings(batch_norm="on"), RNG.normal(size=(3, 20, 2))
    plain = network.averages(chosen)
    other = [jnp.stack([each[:, 0] + 1, each[:, 1]], axis=1) for each in plain]
    one, two = (outputs(x, np.ones((3, 20)), chosen, moving)[0] for moving in (plain, other))
    assert np.abs(one - two).max() > 1e-4


def test_early_stopping_and_verdicts_on_gradients():
    assert training.stopped_after(np.array([3.0, 2.0, 2.5, 2.4, 2.3, 1.0]), patience=3) == 5
    assert training.stopped_after(np.array([3.0, 2.0, 1.0]), patience=3) == 3
    assert [training.gradient_verdict(norm) for norm in (20, 1, 0.001)] == [
        "too high",
        "in between",
        "too low",
    ]
