"""Wrong gradients are named; sound models, however awkward, are not."""

import models
import numpy as np
import pytest

from faultline.engine.backend import PLAIN
from faultline.engine.factors import Factors
from faultline.probes.finite_difference import finite_differences


@pytest.mark.parametrize(
    "name", ["eight_schools", "mixture", "truncated", "kinked", "huge_logp", "contained", "with_discrete"]
)
def test_sound_models_agree(name):
    factors = Factors(getattr(models, name)(), backend=PLAIN)
    for seed in range(3):
        found = finite_differences(factors, seed=seed)
        assert found["max_relative_error"] < 1e-5, found
        assert found["zero_gradient"] == []
        assert found["points"] == 3 and len(found["steps"]) == 2


@pytest.mark.parametrize(
    ("settings", "error"),
    [({"scale": 1.3}, 0.23), ({"scale": 0.5}, 0.5), ({"scale": -1.0}, 2.0), ({"dropped": 7}, 0.02)],
)
def test_a_wrong_gradient_names_its_factor(settings, error):
    found = finite_differences(Factors(models.with_op(**settings), backend=PLAIN))
    errors = {row["name"]: row["max_relative_error"] for row in found["factors"]}
    assert errors.pop("op") > 0.9 * error and max(errors.values()) < 1e-5
    [row] = [row for row in found["factors"] if row["name"] == "op"]
    assert row["worst"]["variable"] == "x" and len(row["worst"]["index"]) == 1
    if "dropped" in settings:
        assert row["worst"]["index"] == [7]


def test_the_right_gradient_of_an_op_raises_no_alarm():
    assert finite_differences(Factors(models.with_op(), backend=PLAIN))["max_relative_error"] < 1e-5


def test_an_undefined_gradient_is_nan_not_a_pass():
    found = finite_differences(Factors(models.with_op(has_gradient=False), backend=PLAIN))
    errors = {row["name"]: row["max_relative_error"] for row in found["factors"]}
    assert np.isnan(errors["op"]) and np.isnan(found["max_relative_error"]) and errors["y"] < 1e-5


@pytest.mark.parametrize(("name", "variables"), [("floored", {"a", "b"}), ("switched", {"when"})])
def test_a_likelihood_without_gradient_is_found_by_a_far_step(name, variables):
    found = finite_differences(Factors(getattr(models, name)(), backend=PLAIN))
    assert {row["variable"] for row in found["zero_gradient"] if row["factor"] == "y"} == variables
    assert {row["factor"] for row in found["zero_gradient"]} == {"y"}
    errors = {row["name"]: row["max_relative_error"] for row in found["factors"]}
    assert errors.pop("y") >= 1 and max(errors.values()) < 1e-5


def test_a_hinge_beyond_the_start_is_no_fault():
    found = finite_differences(Factors(models.hinged(), backend=PLAIN))
    assert found["max_relative_error"] < 1e-5 and found["zero_gradient"] == []


def test_where_no_difference_is_finite_the_error_is_unknown():
    found = finite_differences(Factors(models.impossible_datum(), backend=PLAIN))
    errors = {row["name"]: row["max_relative_error"] for row in found["factors"]}
    assert errors["y"] is None and errors["alpha"] < 1e-5


@pytest.mark.parametrize("name", ["eight_schools", "correlated"])
def test_on_jax_as_well(name):
    assert finite_differences(Factors(getattr(models, name)()))["max_relative_error"] < 1e-5
