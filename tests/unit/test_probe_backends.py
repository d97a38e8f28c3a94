"""PyTensor's gradient against JAX's."""

import models
import numpy as np
import pymc as pm
import pytensor.tensor as pt
import pytest

from faultline.core.sections.record import Record
from faultline.engine.backend import PLAIN
from faultline.engine.factors import Factors
from faultline.findings.gradient import _second
from faultline.probes.backends import SPREADS, _compare, second_backend

X = np.array([-1.0, 0.0, 2.0])


def compare(build):
    with pm.Model() as model:
        build(pm.Normal("a", shape=3), X)
    got = second_backend(Factors(model, backend=PLAIN))
    assert got["reason"] is None
    return {row["name"]: row for row in got["factors"]}


def test_a_branch_that_is_not_taken():
    def masked(a, x):
        pm.Normal("y", pt.where(a + x > 0, pt.sqrt(a + x), 0.0), 1.0, observed=np.zeros(3))

    got = compare(masked)
    row = got["y"]
    assert row["n_nonfinite_second"] > row["n_nonfinite_first"] == 0
    assert row["n_nonfinite_parameters"] > 0
    assert row["variable"] == "a" and row["index"] in ([0], [1]) and row["points"] == 7
    assert got["a"]["n_nonfinite_second"] == 0 and got["a"]["max_relative_difference_gradient"] < 1e-12


def test_its_repair_and_a_clipped_one():
    def repaired(a, x):
        safe = pt.where(a + x > 0, a + x, 1.0)
        pm.Normal("y", pt.where(a + x > 0, pt.sqrt(safe), 0.0), 1.0, observed=np.zeros(3))

    def clipped(a, x):
        pm.Normal("y", pt.sqrt(pt.clip(a + x, 1e-3, 10.0)), 1.0, observed=np.zeros(3))

    for build in (repaired, clipped):
        row = compare(build)["y"]
        assert row["n_nonfinite_first"] == row["n_nonfinite_second"] == row["n_value_disagree"] == 0
        assert row["max_relative_difference_gradient"] < 1e-9 > row["max_relative_difference_value"]


def test_a_start_on_a_kink_is_no_disagreement():
    def kinks(a, x):
        pm.Laplace("coefficient", 0, 0.5, shape=2)
        pm.Normal("y", pt.abs(a) * x + pt.maximum(a, 0.0), 1.0, observed=np.ones(3))

    got = compare(kinks)
    for name in ("coefficient", "y"):
        assert got[name]["max_relative_difference_gradient"] < 1e-9 and checks(got[name]) == []


@pytest.mark.parametrize(
    ("where", "passed"), [(slice(0, 1), []), (slice(1, 2), [False])], ids=["start", "beside"]
)
def test_slopes_that_differ_count_beside_the_start(where, passed):
    with pm.Model() as model:
        pm.Normal("a", shape=3)
    values, gradients = np.zeros(len(SPREADS)), np.ones((len(SPREADS), 3))
    other = gradients.copy()
    other[where, 1] = 1.5
    row = _compare(Factors(model), 0, values, gradients, values, other)
    assert [check.passed for check in checks(row)] == passed


def test_a_branch_of_pymcs_own_is_no_fault_of_the_users():
    def censored(a, x):
        inner = pm.Normal.dist(10 * a, 0.1)
        pm.Censored("y", inner, lower=-1.0, upper=None, observed=np.array([-1.0, 0.0, 0.5]))

    row = compare(censored)["y"]
    assert row["n_nonfinite_second"] > row["n_nonfinite_first"] == row["n_nonfinite_parameters"] == 0
    assert checks(row) == []

    def masked(a, x):
        inner = pm.Normal.dist(pt.where(a + x > 0, pt.sqrt(a + x), 0.0), 1.0)
        pm.Censored("y", inner, lower=-1.0, upper=None, observed=np.zeros(3))

    row = compare(masked)["y"]
    assert row["n_nonfinite_parameters"] > 0 and [check.passed for check in checks(row)] == [False]


def checks(row):
    return _second(Record.of({"probes": {"second_backend": {"factors": [row]}}}))


@pytest.mark.parametrize("name", ["eight_schools", "latent_path", "with_discrete"])
def test_sound_models(name):
    got = second_backend(Factors(getattr(models, name)(), backend=PLAIN))
    for row in got["factors"]:
        assert row["points"] >= 1 and row["n_nonfinite_second"] == 0
        assert row["max_relative_difference_gradient"] < 1e-5


def test_what_jax_cannot_run_has_a_reason():
    got = second_backend(Factors(models.with_op_of_unknown_shape(), backend=PLAIN))
    assert got["factors"] == [] and got["reason"].startswith("NotImplementedError")
    with pm.Model() as model:
        pm.Poisson("k", 3)
    assert second_backend(Factors(model, backend=PLAIN))["reason"] == "no continuous variable"


@pytest.mark.parametrize("scale", [1.0, 1000.0])
def test_a_softplus_of_large_values_has_a_slope(scale):
    def softplus(a, x):
        pm.Potential("fit", -pt.softplus(scale * a).sum())

    row = compare(softplus)["fit"]
    assert row["n_nonfinite_first"] == row["n_nonfinite_second"] == 0
    assert row["max_relative_difference_gradient"] < 1e-12 > row["max_relative_difference_value"]
