"""What a model was given for its observed variables, and what PyMC made of it."""

import numpy as np
import pandas as pd
import pymc as pm
import pytest

from faultline.targets.observed_data import coerced, masked, remembering

MEANS = [1.0, 2.75, 0.5, 3.0]


def observing(given, *, distribution=None, container=False):
    with remembering(), pm.Model() as model:
        data = pm.Data("data", given) if container else given
        (distribution or pm.Poisson)("seen", pm.Exponential("rate", 1), observed=data)
    return model


@pytest.mark.parametrize("given", [MEANS, np.array(MEANS), pd.Series(MEANS)], ids=["list", "array", "series"])
@pytest.mark.parametrize("container", [False, True])
def test_what_stands_behind_the_point_is_found_as_it_was_given(given, container):
    if container and isinstance(given, list):
        given = np.array(given)
    [row] = coerced(observing(given, container=container))
    assert row == {"name": "seen", "n": 2, "size": 4, "index": [1], "given": 2.75, "kept": 2}


@pytest.mark.parametrize("given", [[1.0, 2.0], [1, 2], np.array([True, False])])
@pytest.mark.parametrize("container", [False, True])
def test_whole_numbers_lose_nothing(given, container):
    assert coerced(observing(np.asarray(given), container=container)) == []


def test_real_numbers_are_not_counts():
    assert coerced(observing(np.array(MEANS), distribution=pm.Exponential)) == []


def test_missing_counts_are_another_matter():
    with pytest.warns(UserWarning, match="missing"):
        model = observing(np.array([1.0, np.nan, 3.0]))
    assert coerced(model) == []


@pytest.mark.filterwarnings("ignore:Data in seen")
@pytest.mark.parametrize(
    ("given", "meant"),
    [
        (np.ma.masked_values([1.0, -999.0, 3.0], -999.0), True),
        (np.ma.masked_invalid([1.0, np.nan, 3.0]), True),
        (np.ma.masked_array([1, 2, 3], [False, True, False]), True),
        (np.array([1.0, np.nan, 3.0]), False),
        ([1.0, np.nan, 3.0], False),
        (pd.Series([1.0, np.nan, 3.0]), False),
        (np.ma.masked_array([1.0, 2.0, 3.0], False), False),
    ],
)
def test_what_is_masked_on_purpose_is_told_from_nan(given, meant):
    model = observing(given)
    assert masked(model, "seen") is meant
    with pm.Model() as plain:
        pm.Poisson("seen", pm.Exponential("rate", 1), observed=given)
    assert model.point_logps() == plain.point_logps()


def test_pymc_is_put_back_as_it_was():
    before = pm.Model.make_obs_var
    with pytest.raises(ZeroDivisionError), remembering():
        _ = 1 / 0
    assert pm.Model.make_obs_var is before
