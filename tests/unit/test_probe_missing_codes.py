"""Numbers that stand for no number among the predictors, and likelihoods scaled as for a minibatch."""

import numpy as np
import pymc as pm
import pytest

from faultline.engine.backend import PLAIN
from faultline.engine.factors import Factors
from faultline.probes.data import data_scan

AGES = np.linspace(18, 85, 60)


def scan(model):
    return data_scan(model, Factors(model, backend=PLAIN))


def predicted_by(x):
    """A regression on a vector, or on the columns of a table."""
    with pm.Model() as model:
        slope = pm.Normal("slope", shape=x.shape[1:])
        x = pm.Data("x", x)
        pm.Normal("y", x @ slope if x.ndim == 2 else x * slope, 1.0, observed=np.zeros(len(AGES)))
    return model


def with_last(*values):
    return np.concatenate([AGES[: -len(values)], values])


@pytest.mark.parametrize(("code", "known"), [(999.0, True), (-999.0, True), (1000.0, False)])
def test_a_repeated_value_far_from_all_others(code, known):
    [row] = scan(predicted_by(with_last(code, code)))["coded_predictors"]
    assert (row["name"], row["factors"], row["value"], row["n"]) == ("x", ["y"], code, 2)
    assert row["column"] is None and row["known"] is known


def test_a_column_of_a_table():
    [row] = scan(predicted_by(np.column_stack([AGES, with_last(999.0, 999.0, 999.0)])))["coded_predictors"]
    assert (row["column"], row["n"]) == (1, 3)


@pytest.mark.parametrize(
    "x",
    [
        with_last(999.0),
        with_last(90.0, 90.0),
        np.repeat(10.0 ** -np.arange(15), 4),
        np.repeat([0.0, 1.0, 999.0], 20),
        np.eye(60)[:, 0] * 999,
    ],
    ids=["once", "near", "dilution", "few values", "indicator"],
)
def test_what_is_no_code(x):
    assert scan(predicted_by(x))["coded_predictors"] == []


def test_numbers_of_trials_may_be_far_apart():
    trials = np.concatenate([np.arange(20, 40), [999, 999]])
    with pm.Model() as model:
        pm.Binomial("y", trials, pm.Beta("p", 1, 1), observed=trials // 2)
    assert scan(model)["coded_predictors"] == []


@pytest.mark.parametrize(("total_size", "times"), [(1800, 30.0), (30, 0.5), ([60, 2], None), (None, None)])
def test_every_datum_counts_once_where_all_are_there(total_size, times):
    shape = (60, 2) if isinstance(total_size, list) else 60
    with pm.Model() as model:
        pm.Normal("y", pm.Normal("a"), 1.0, observed=np.zeros(shape), total_size=total_size)
    rows = scan(model)["scaled"]
    assert rows == ([{"name": "y", "n": 60, "times": times}] if times else [])
