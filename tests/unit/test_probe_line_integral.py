"""A gradient adds up to the change of the log-probability, or does not."""

import numpy as np
import pytest

from faultline.probes.line_integral import adds_up

POINTS = np.random.default_rng(1).normal(size=(8, 3))


def quadratic(factor=1.0):
    return lambda x: (-0.5 * x @ x, -factor * x)


def peaked(x):
    return -np.log1p(25 * x @ x), -50 * x / (1 + 25 * x @ x)


@pytest.mark.parametrize("function", [quadratic(), peaked], ids=["quadratic", "peaked"])
def test_a_gradient_of_its_own(function):
    assert adds_up(function, POINTS) is True


@pytest.mark.parametrize("factor", [1.3, 0.5, -1.0])
def test_a_gradient_of_the_wrong_size(factor):
    assert adds_up(quadratic(factor), POINTS) is False


def test_a_coordinate_left_out():
    def dropped(x):
        return -0.5 * x @ x - 3 * x[0], -x

    assert adds_up(dropped, POINTS) is False


def test_a_staircase_without_slope():
    def stairs(x):
        return -0.5 * np.sum(np.round(100 * x)) / 10, np.zeros_like(x)

    assert adds_up(stairs, POINTS) is False


def test_a_density_of_one_value_changes_nothing():
    assert adds_up(lambda x: (0.0, np.zeros_like(x)), POINTS) is True


def test_a_slope_that_no_line_resolves_is_unknown():
    def wiggly(x):
        return float(np.cos(3e4 * x).sum()), -3e4 * np.sin(3e4 * x)

    assert adds_up(wiggly, POINTS) is None


def test_what_is_not_finite_is_unknown():
    assert adds_up(lambda x: (np.nan, x), POINTS) is None
