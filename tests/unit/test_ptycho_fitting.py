"""The likelihood and the fit of ``ptycho``: against the simulation, finite differences and what is known at exact zeros."""

from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from faultline.cases.ptycho import checks, fitting, illumination, optics, scene
from faultline.cases.ptycho.fitting import Frames, Parameters, Settings

pytestmark = pytest.mark.slow

REPAIRED = Settings("softplus", "1e-12", "nll", "fixed", with_phase=False)
STOOD = replace(REPAIRED, head="sigmoid", positivity="none")


def parameters(theta, scale=30.0, phase=None):
    phase = np.zeros_like(theta) if phase is None else phase
    return Parameters(*(jnp.asarray(each, jnp.float32) for each in (theta, phase, np.log(scale))))


def probe_of(kind, center):
    middle = illumination.center_of(center)
    return illumination.make_probe(illumination.shape(kind, middle), 10.0, middle)


def roots(settings, at, places, probe):
    found = jax.jit(fitting.predicted, static_argnums=3)(
        at, jnp.asarray(scene.corners(places)), jnp.asarray(probe), settings
    )
    return [np.asarray(each) for each in found]


@pytest.mark.parametrize(
    "head, function",
    [("softplus", lambda x: np.logaddexp(0, x)), ("sigmoid", lambda x: 1 / (1 + np.exp(-x)))],
)
@pytest.mark.parametrize("with_phase", [False, True])
def test_the_model_predicts_what_is_simulated(head, function, with_phase):
    rng = np.random.default_rng(0)
    theta, phase = rng.standard_normal((40, 40)), 0.3 * rng.standard_normal((40, 40))
    places, probe = np.array([[14.0, 20.0], [26.0, 15.0]]), probe_of("custom", "half_pixel")
    found, _ = roots(
        replace(REPAIRED, head=head, with_phase=with_phase), parameters(theta, phase=phase), places, probe
    )
    wave = function(theta) * np.exp(1j * phase * with_phase)
    np.testing.assert_allclose(
        found, 30 * optics.amplitudes(scene.patches(wave, places), probe), rtol=1e-4, atol=1e-3
    )


@pytest.mark.parametrize("loss", ["nll", "mae"])
@pytest.mark.parametrize("head", ["softplus", "sigmoid", "swish", "relu"])
def test_the_gradient_is_that_of_finite_differences(head, loss):
    settings = replace(REPAIRED, head=head, loss=loss)
    assert checks.gradient_error(settings, np.random.default_rng(1)) < 1e-6


@pytest.mark.parametrize("loss", ["nll", "mae"])
def test_at_an_exact_zero_the_gradient_is_finite_only_with_the_small_number(loss):
    assert checks.nonfinite_at_zero(replace(STOOD, loss=loss)) > 0
    assert checks.nonfinite_at_zero(replace(STOOD, loss=loss, positivity="1e-12")) == 0


@pytest.mark.parametrize("center, zeros", [("half_pixel", True), ("pixel", False)])
def test_a_constant_object_has_an_exact_zero_where_the_probe_lies_between_pixels(center, zeros):
    """What a saturated head makes of the object: every pixel is exactly 1, as float32 has it, and the pairs of pixels cancel."""
    at = parameters(np.full((40, 40), 50.0))
    assert (np.asarray(fitting.wave_of(at, STOOD)) == 1).all()
    _, squared = roots(STOOD, at, np.array([[20.0, 20.0]]), probe_of("ideal", center))
    nyquist = np.concatenate([squared[0, 0], squared[0, :, 0]])
    assert (nyquist.min() < 1e-14) == zeros


def test_the_score_of_a_likelihood_has_no_bias_and_that_of_the_absolute_error_has():
    assert checks.score_bias(REPAIRED) < 1e-8
    assert checks.score_bias(replace(REPAIRED, loss="mae")) > 0.1


def test_a_scale_that_is_fitted_does_what_the_height_of_the_object_does():
    rng = np.random.default_rng(2)
    assert checks.confounded(REPAIRED, rng) == 0
    assert checks.confounded(replace(REPAIRED, log_scale="trainable"), rng) == pytest.approx(1)


def test_half_of_a_rectifiers_pixels_do_not_move_at_the_start():
    rng = np.random.default_rng(3)
    assert checks.dead_share(replace(REPAIRED, head="relu"), rng) == pytest.approx(0.5, abs=0.15)
    assert all(
        checks.dead_share(replace(REPAIRED, head=head), rng) == 0 for head in ("softplus", "sigmoid", "swish")
    )


def test_a_head_reaches_what_lies_in_its_range():
    wanted = np.linspace(0.05, 3, 60)
    assert checks.unreached("sigmoid", wanted) == pytest.approx(2 / wanted.mean(), rel=1e-3)
    assert max(checks.unreached(head, wanted) for head in ("softplus", "relu", "swish")) < 0.01


def test_the_scale_moves_neither_the_minimum_nor_the_direction_of_the_gradient():
    """s stands on both sides of the likelihood: the loss is s^2 times the same, and Adam does not see the factor."""
    rng = np.random.default_rng(4)
    places, probe = np.array([[14.0, 20.0], [26.0, 15.0]]), jnp.asarray(probe_of("ideal", "pixel"))
    theta, X = rng.standard_normal((40, 40)), rng.random((2, 16, 16))

    def gradient(scale):
        frames = Frames(jnp.asarray(scene.corners(places)), jnp.asarray((scale * X) ** 2, jnp.float32))
        both = jax.grad(fitting.loss_of, has_aux=True)(parameters(theta, scale), frames, probe, REPAIRED)
        return np.asarray(both[0].theta) / scale**2

    np.testing.assert_allclose(gradient(30.0), gradient(40.0), rtol=2e-3, atol=1e-6)


def test_epochs_look_at_each_group_once_and_steps_at_all():
    members = np.arange(2 * 6 * 4).reshape(2, 6, 4)
    each = fitting.schedule(np.random.default_rng(0), members, 2, 5)
    assert each.shape == (15, 2, 8)
    for half in (0, 1):
        np.testing.assert_array_equal(np.sort(each[:3, half].ravel()), np.sort(members[half].ravel()))
        groups = each[:, half].reshape(-1, 4)
        assert {tuple(row) for row in groups.tolist()} == {tuple(row) for row in members[half].tolist()}
    assert not (each[:3] == each[3:6]).all()
    whole = fitting.schedule(np.random.default_rng(0), members, None, 7)
    assert whole.shape == (7, 2, 24) and (whole[0] == whole[6]).all()


def test_the_scale_of_the_exit_waves_is_that_of_the_amplitudes():
    rng = np.random.default_rng(5)
    wave, places, probe = (
        rng.random((40, 40)),
        np.array([[14.0, 20.0], [26.0, 15.0]]),
        probe_of("custom", "pixel"),
    )
    known = optics.scale_of(optics.amplitudes(scene.patches(wave, places), probe), 1e5)
    assert checks.scale_of_waves(wave, places, probe, 1e5) == pytest.approx(known, rel=1e-5)
