"""The mechanistic model of ``urease`` in PyMC: its curve, its gradient, and what a prefix can tell."""

import numpy as np
import pymc as pm
import pytensor.tensor as pt
import pytest

from faultline.cases.urease import chemistry, dataset, mechanistic, mechanistic_fit

pytestmark = pytest.mark.slow


def test_the_interpolated_curve_is_phi():
    taus = np.concatenate([[0.0], np.geomspace(1e-3, 2500, 300)])
    found = mechanistic.interpolated(pt.constant(taus)).eval()
    np.testing.assert_allclose(found, np.interp(taus, chemistry.TAU, mechanistic.curve()), atol=1e-4)


def test_the_gradient_is_that_of_finite_differences():
    model = mechanistic.build(prefix="30")
    names = [value.name for value in model.value_vars]
    function = model.compile_fn([model.logp(), model.dlogp()], inputs=model.value_vars, point_fn=True)

    def at(values):
        return function(dict(zip(names, map(np.asarray, values), strict=True)))

    for start in ([0.1, -0.2], [-1.0, 0.7]):
        step = 1e-6 * np.eye(2)
        wanted = [(at(start + each)[0] - at(start - each)[0]) / 2e-6 for each in step]
        np.testing.assert_allclose(at(start)[1], wanted, rtol=1e-4)


def test_a_longer_prefix_has_the_points_of_a_shorter_one():
    short, long = mechanistic.data(30.0), mechanistic.data(60.0)
    assert [len(each[0]) for each in (short, long)] == [30, 60]
    np.testing.assert_array_equal(long[1][:30], short[1])


@pytest.mark.long
def test_nuts_and_the_grid_agree_on_what_a_prefix_tells():
    times, record = mechanistic.data(30.0)
    ranges = {"E0_g_per_L": mechanistic.PRIORS["E0"], "k_d": mechanistic.PRIORS["k_d"]}
    grid = mechanistic_fit.posterior(mechanistic.curve(), times, record, ranges)
    found = mechanistic.identifiability("30")
    assert found["E0_sd"] == pytest.approx(grid["E0_sd"], rel=0.1)
    assert found["k_d_sd"] == pytest.approx(grid["k_d_sd"], rel=0.1)
    assert found["correlation"] == pytest.approx(grid["correlation"], abs=0.08)
    assert isinstance(mechanistic.build(), pm.Model) and dataset.NOISE == 0.01
