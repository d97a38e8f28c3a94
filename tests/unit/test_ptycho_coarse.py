"""The coarse object of ``ptycho`` as a PyMC model: its transform, and where its gradient is not finite."""

import numpy as np
import pytest

from faultline.cases.ptycho import coarse, optics, scene

pytestmark = pytest.mark.slow


def at_start(**variants):
    model = coarse.build(**variants)
    function = model.compile_fn(
        [model.logp(sum=False)[1].sum(), model.dlogp()], inputs=model.value_vars, point_fn=True
    )
    logp, slope = function({"theta": np.zeros((10, 10))})
    return float(logp), slope


def test_the_real_matrices_are_the_transform_with_exact_zeros():
    cosine, sine = coarse.transform()
    known = np.fft.fft(np.eye(16))
    np.testing.assert_allclose(cosine - 1j * sine, known, atol=1e-12)
    assert (cosine == 0).sum() > 16 and (sine == 0).sum() > 16


def test_the_model_has_the_power_that_is_simulated():
    rng = np.random.default_rng(0)
    amplitude = rng.random((10, 10))
    places, probe, _, _ = coarse.data("half_pixel")
    found = coarse.power(amplitude, places, probe).eval()
    known = optics.amplitudes(scene.patches(np.kron(amplitude, np.ones((4, 4))), places), probe) ** 2
    np.testing.assert_allclose(found, np.fft.ifftshift(known, axes=(-2, -1)), atol=1e-12)


def test_its_counts_are_those_of_the_normalized_frames():
    _, _, counts, _ = coarse.data("pixel")
    assert counts.sum(axis=(1, 2)).mean() == pytest.approx(1e5, rel=1e-3)


def test_at_the_start_the_gradient_is_finite_unless_the_probe_lies_between_pixels():
    assert np.isfinite(at_start(probe_center="pixel")[1]).all()
    assert not np.isfinite(at_start(probe_center="half_pixel")[1]).all()
    assert np.isfinite(at_start(probe_center="half_pixel", positivity="1e-12")[1]).all()
