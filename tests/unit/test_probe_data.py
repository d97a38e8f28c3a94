"""The scan of the data."""

import models
import numpy as np
import pymc as pm
import pytest

from faultline.engine.backend import PLAIN
from faultline.engine.factors import Factors
from faultline.probes.data import data_scan


def scan(model):
    return data_scan(model, Factors(model, backend=PLAIN))


def regression(x, y=(1.0, 2.0, 4.0), square=lambda x: x * x):
    with pm.Model() as model:
        pm.Normal("y", pm.Normal("a") + square(pm.Data("x", x)), 1.0, observed=y)
    return model


def test_arrays():
    got = scan(regression(np.array([1.0, 2.0, 2.0]), y=np.array([1.0, np.inf, 2.0])))
    arrays = {row["name"]: row for row in got["arrays"]}
    assert arrays["x"]["kind"] == "data" and arrays["x"]["factors"] == ["y"]
    assert arrays["x"]["largest_share"] == pytest.approx(2 / 3) and arrays["x"]["n_distinct"] == 2
    y = arrays["y"]
    assert (y["kind"], y["n"], y["n_nan"], y["n_inf"], y["min"], y["max"]) == ("observed", 3, 0, 1, 1.0, 2.0)


@pytest.mark.filterwarnings("ignore:Data in y")
def test_imputed_values_are_counted():
    with pm.Model() as model:
        pm.Normal("y", pm.Normal("a"), 1.0, observed=[1.0, np.nan, 2.0, np.nan])
    assert scan(model)["imputed"] == [{"name": "y_unobserved", "observed": "y", "n": 2, "masked": False}]
    with pm.Model() as model:
        pm.Normal("y_unobserved")
    assert scan(model)["imputed"] == []


def test_integers_that_wrap_around():
    big = np.array([3, 100_000, 70_000])
    [row] = scan(regression(big.astype("int32")))["overflow"]
    assert row == {"factor": "y", "op": "Mul", "dtype": "int32", "n": 2, "size": 3, "arrays": ["x"]}
    assert scan(regression(big.astype("int32"), square=lambda x: x.astype("float64") ** 2))["overflow"] == []
    assert scan(regression(big.astype("int32") // 1000))["overflow"] == []


def test_a_datum_outside_the_support():
    [row] = scan(models.impossible_datum())["support"]
    assert row == {"name": "y", "n": 1, "elements": [{"index": [1], "datum": -2.0}]}


def test_a_start_out_of_bounds_makes_no_datum_impossible():
    with pm.Model() as model:
        ordered = pm.distributions.transforms.ordered
        cut = pm.Normal("cut", 0, 3, shape=3, transform=ordered)
        pm.OrderedLogistic("y", eta=pm.Normal("b"), cutpoints=cut, observed=[0, 1, 2, 3])
    assert scan(model)["support"] == []


def test_a_datum_that_only_the_start_excludes():
    with pm.Model() as model:
        pm.Uniform("y", 0, pm.HalfNormal("top", 100.0, initval=1.0), observed=[0.5, 40.0])
    got = scan(model)
    assert got["support"] == [] and got["constant"] == []


def test_data_without_spread():
    with pm.Model() as model:
        pm.Normal("y", pm.Normal("a"), 1.0, observed=np.full(4, 2.5))
        pm.Poisson("k", 2.0, observed=[1, 1])
    assert scan(model)["constant"] == [{"name": "y", "n": 4, "value": 2.5}]


@pytest.mark.parametrize("name", ["eight_schools", "with_discrete", "latent_path", "with_op"])
def test_sound_models(name):
    got = scan(getattr(models, name)())
    assert got["imputed"] == got["overflow"] == got["support"] == got["constant"] == []


def test_no_data_at_all():
    with pm.Model() as model:
        pm.Normal("z")
    assert all(rows == [] for rows in scan(model).values())


ROWS = np.linspace(10, 14, 40)


@pytest.mark.parametrize("code", [99.0, -999.0])
def test_a_code_for_a_missing_value(code):
    data = ROWS.copy()
    data[[3, 17]] = code
    [row] = scan(observing(data))["coded"]
    assert (row["name"], row["value"], row["n"]) == ("y", code, 2)


@pytest.mark.parametrize(
    "values", [[99.0], [0.0, 0.0], [15.0, 15.0], [99.0, 98.0]], ids=["once", "zero", "near", "spread"]
)
def test_what_is_no_code(values):
    assert scan(observing(np.concatenate([ROWS, values])))["coded"] == []


def test_a_distribution_that_may_know_its_code():
    data = np.concatenate([ROWS, [99.0, 99.0]])
    with pm.Model() as model:
        pm.Censored("y", pm.Normal.dist(pm.Normal("a"), 1), lower=None, upper=99.0, observed=data)
    assert scan(model)["coded"] == []


def observing(data):
    with pm.Model() as model:
        pm.Normal("y", pm.Normal("a"), 1.0, observed=data)
    return model
