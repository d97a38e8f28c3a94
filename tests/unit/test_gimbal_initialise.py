"""The initial estimate: exact without noise, sound with gaps and outliers."""

import numpy as np
import pytest
from gimbal_samples import config, dataset

from faultline.cases.gimbal.initialise import estimate, interpolate, triangulate


def test_without_noise_the_truth_comes_back(tmp_path):
    exact = dataset(tmp_path, T=30, noise_px=0.0)
    guess = estimate(exact)
    np.testing.assert_allclose(guess.x, exact.x_true, atol=1e-8)
    np.testing.assert_allclose(guess.u, exact.u_true, atol=1e-8)
    np.testing.assert_allclose(guess.rho, exact.bone_lengths[1:], atol=1e-8)
    assert guess.sigma2.max() < 1e-12 and guess.obs_sigma < 1e-6 and guess.inlier_share == 1


def test_two_cameras_suffice_and_one_does_not(tmp_path):
    exact = dataset(tmp_path, T=6, noise_px=0.0)
    y = exact.y_2d.copy()
    y[0, 1, 2] = np.nan
    y[:2, 3, 2] = np.nan
    y[0, 4, 1, 0] = np.nan  # half a pixel is no pixel
    x = triangulate(exact.camera_proj, y)
    assert np.isnan(x[3, 2]).all() and np.isnan(x).sum() == 3
    np.testing.assert_allclose(np.delete(x, 3, axis=0), np.delete(exact.x_true, 3, axis=0), atol=1e-8)


def test_gaps_are_filled_in_time():
    x = np.arange(6.0)[:, None, None] * np.ones((6, 1, 3))
    x[[0, 2, 3]] = np.nan
    np.testing.assert_allclose(interpolate(x)[:, 0, 0], [1, 1, 2, 3, 4, 5])


def test_noise_and_steps_are_estimated(tmp_path):
    guess = estimate(dataset(tmp_path, T=400))
    assert guess.obs_sigma == pytest.approx(2, rel=0.05)
    assert guess.rho == pytest.approx([10, 8, 8], rel=0.01)
    np.testing.assert_allclose(np.linalg.norm(guess.u[:, 1:], axis=-1), 1)
    assert not guess.u[:, 0].any()


def test_outliers_lower_the_inlier_share_and_hardly_the_noise(tmp_path):
    guess = estimate(dataset(tmp_path, T=400, outlier_fraction=0.1, outlier_std_px=50.0))
    assert 0.7 < guess.inlier_share < 0.95
    assert guess.obs_sigma < 5


def test_an_estimate_is_finite_whatever_is_missing(tmp_path):
    gappy = dataset(tmp_path, config(T=40, missingness_bernoulli_p=0.3))
    gappy.y_2d[:, 10:13, 2] = np.nan
    guess = estimate(gappy)
    for name, value in vars(guess).items():
        assert np.isfinite(value).all(), name
