"""The gradient at the start and its cost; what a component adds."""

import models
import numpy as np
import pytest

from faultline.engine import backend
from faultline.engine.density import logp_and_gradient
from faultline.probes.compare import component_comparison, cost
from faultline.probes.gradient import gradient_facts, norm


def test_norms_shares_and_the_largest_components():
    model = models.mixture()
    found = gradient_facts(logp_and_gradient(model))
    gradient = found["gradient"]
    exact = model.compile_dlogp(mode="FAST_COMPILE")(model.initial_point())
    assert gradient["n"] == exact.size == 8
    assert gradient["l2"] == pytest.approx(np.linalg.norm(exact))
    assert gradient["linf"] == pytest.approx(np.abs(exact).max())
    first = gradient["top"][0]
    assert abs(first["value"]) == pytest.approx(np.abs(exact).max()) and len(gradient["top"]) == 8
    assert (first["name"], first["index"]) == backend.Layout.of(model).locate(int(np.abs(exact).argmax()))
    assert sum(row["share"] for row in gradient["share_by_variable"]) == pytest.approx(1)
    assert [row["finite"] for row in gradient["perturbations"]] == [True] * 3
    assert set(found["timings"]) == {"graph", "compile", "first", "steady"}
    assert found["backend"] == {"asked": "JAX", "look": "JAX", "fallbacks": []}


def test_a_gradient_that_is_nan_where_the_value_is_finite():
    found = gradient_facts(logp_and_gradient(models.norm_at_zero(), backend.PLAIN))["gradient"]
    assert np.isfinite(found["logp"])
    assert found["n_nan"] == 2 and found["l2"] is None and found["linf"] is None
    assert np.isnan(found["top"][0]["value"])
    assert [row["finite"] for row in found["perturbations"]] == [True] * 3


def test_an_op_without_gradient_leaves_nan_and_no_error():
    found = gradient_facts(logp_and_gradient(models.with_op(has_gradient=False), backend.PLAIN))["gradient"]
    assert found["n_nan"] == 12 and np.isfinite(found["logp"])  # x; sigma divides what the Op returns
    assert [row["finite"] for row in found["perturbations"]] == [False] * 3


def test_the_norm_does_not_overflow():
    assert norm(np.array([3e200, 4e200])) == pytest.approx(5e200) and norm(np.zeros(2)) == 0


def test_a_component_is_compared_off_and_on():
    off = cost(models.eight_schools(), build=0.5, backend=backend.PLAIN)
    row = component_comparison("extra", off, models.mixture(), backend=backend.PLAIN)
    assert row["component"] == "extra" and row["off"]["build"] == 0.5
    assert (row["off"]["n_values"], row["on"]["n_values"], row["ratio"]["n_values"]) == (10, 8, 0.8)
    assert all(row["ratio"][key] > 0 for key in ("compile", "first", "steady"))
