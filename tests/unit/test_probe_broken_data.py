"""Data that make a term not finite: named by array and element, and only where other numbers cure it."""

import functools
import sys

import numpy as np
import pymc as pm
import pytensor.tensor as pt
import pytest

from faultline.engine.backend import PLAIN
from faultline.engine.factors import Factors
from faultline.probes.broken_data import broken_data
from faultline.targets.observed_data import TOOL, local_names, remember_scopes

N = 40
rng = np.random.default_rng(3)
y = rng.normal(size=N)
table = rng.normal(size=(N, 3))
table[7, 2] = np.nan
large = rng.integers(60_000, 90_000, N).astype("int32")
squared = large * large
trials = np.array([200, 30, 12, 140]).astype("int8")
hits = np.array([90, 10, 4, 50])


def found(build, name="y", dataset=None):
    with local_names(build) as inside:
        model = build()
    remember_scopes(model, build, dataset, inside)
    factors = Factors(model, backend=PLAIN)
    return broken_data(factors, name, factors.layout.vector())


def linear(predictor):
    def build():
        with pm.Model() as model:
            slopes = pm.Normal("slopes", 0, 1, shape=predictor.shape[1:])
            mean = pm.math.dot(predictor, slopes) if predictor.ndim > 1 else predictor * slopes
            pm.Normal("y", mean, 1, observed=y)
        return model

    return build


def test_a_missing_predictor_is_named_with_its_element():
    [row] = found(linear(table))
    assert (row["array"], row["index"], row["kind"], row["n"], row["size"]) == (
        "predictor",
        [7, 2],
        "missing",
        1,
        120,
    )


def test_an_infinite_one_too():
    x = np.where(np.arange(N) == 5, np.inf, y)
    [row] = found(linear(x))
    assert (row["array"], row["index"], row["kind"], row["value"]) == ("predictor", [5], "infinite", "inf")


def test_an_array_of_the_dataset_has_its_name_there():
    def build(dataset=None):
        x = np.where(np.arange(N) == 5, np.nan, y)
        return linear(x)()

    def plain():
        return build()

    [row] = found(plain, dataset={"dose": np.where(np.arange(N) == 5, np.nan, y)})
    assert row["array"] == "dataset['dose']"


def test_an_array_that_build_makes_for_itself_has_its_name_there():
    @functools.lru_cache
    def build():
        dose = np.where(np.arange(N) == 5, np.nan, y)
        return linear(dose[:, None])()

    [row] = found(build)
    assert (row["array"], row["index"]) == ("dose", [5])
    assert sys.monitoring.get_tool(TOOL) is None


@pytest.mark.parametrize("kept_in", ["int32", "int64", "float64"])
@pytest.mark.parametrize("with_a_parameter", [False, True])
def test_whole_numbers_that_wrapped_around_before_the_model(kept_in, with_a_parameter):
    values = squared.astype(kept_in)

    def build():
        with pm.Model() as model:
            spread = pm.HalfNormal("spread", 1)
            inside = values * spread if with_a_parameter else pt.as_tensor(values)
            pm.Normal("y", 1e-5 * pt.sqrt(inside), spread, observed=y)
        return model

    assert (squared < 0).any()
    [row] = found(build)
    assert (row["array"], row["kind"]) == ("values", "wrapped")
    assert row["index"] == [int(np.flatnonzero(squared < 0)[0])]


def test_numbers_of_trials_that_wrapped_around():
    def build():
        with pm.Model() as model:
            pm.Binomial("y", trials, pm.Beta("share", 1, 1), observed=hits)
        return model

    [row] = found(build)
    assert (row["array"], row["index"], row["value"], row["n"]) == ("trials", [0], "-56", 2)


def test_missing_values_of_a_likelihood_that_imputes_none():
    holed = np.where(np.arange(N) == 3, np.nan, y)

    def build():
        with pm.Model() as model:
            mean = pm.Normal("mean", 0, 1)
            pm.Potential("y", pm.logp(pm.Normal.dist(mean, 1), holed).sum())
        return model

    [row] = found(build)
    assert (row["array"], row["index"]) == ("holed", [3])


def test_what_leaves_the_term_finite_is_no_matter():
    """Infinite bounds, and a NaN that is masked out before it is used."""
    upper = np.where(np.arange(N) < 3, 9.0, np.inf)
    known = np.arange(N) != 3
    holed = np.where(known, y, np.nan)

    def build():
        with pm.Model() as model:
            mean = pm.Normal("mean", 0, 1)
            pm.Censored("y", pm.Normal.dist(mean, 1), lower=None, upper=upper, observed=y)
            pm.Potential("masked", pt.where(known, mean * holed, 0.0).sum())
        return model

    assert found(build) == [] == found(build, "masked")


@pytest.mark.parametrize("container", [False, True])
def test_arithmetic_of_the_model_that_breaks_sound_data_is_its_own(container):
    """log(x) times a mask, where x is 0: no datum is wrong."""
    dose = np.where(np.arange(N) == 5, 0.0, 1.5)

    def build():
        with pm.Model() as model:
            amount = pm.Data("amount", dose) if container else pt.as_tensor(dose)
            per_log = pm.Normal("per_log", 0, 1)
            pm.Normal("y", per_log * pt.log(amount) * (dose > 0), 1, observed=y)
        return model

    assert found(build) == []
