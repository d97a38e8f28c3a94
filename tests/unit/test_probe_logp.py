"""Terms in full precision, the worst first; non-finite elements by index and datum; terms counted twice."""

import models
import numpy as np
import pytest

from faultline.backend import PLAIN
from faultline.probes.factors import Factors
from faultline.probes.logp import equal_terms, log_probability, terms


def test_terms_agree_with_pymc_and_add_up():
    model = models.mixture()
    found = log_probability(model, factors=Factors(model))
    expected = model.point_logps(round_vals=12, mode="FAST_COMPILE")
    assert {row["name"]: row["value"] for row in found["terms"]} == pytest.approx(
        {name: float(value) for name, value in expected.items()}
    )
    assert found["total"] == pytest.approx(found["terms_total"], rel=1e-12)
    values = [row["value"] for row in found["terms"]]
    assert values == sorted(values)
    assert (found["n_nan"], found["n_inf"], found["equal_terms"]) == (0, 0, [])


def test_an_impossible_datum_is_named_by_index_and_value():
    model = models.impossible_datum()
    worst = terms(Factors(model, backend=PLAIN))[0]
    assert (worst["name"], worst["value"], worst["n_inf"], worst["n_elements"]) == ("y", -np.inf, 1, 3)
    assert worst["bad"] == [{"index": [1], "datum": -2.0}]


def test_jittered_starts_are_pymcs_own():
    model = models.eight_schools()
    start = log_probability(model, factors=Factors(model, backend=PLAIN), pairs=False)["start"]
    plain = start["without_jitter"]["logp"]
    assert plain == pytest.approx(model.compile_logp(mode="FAST_COMPILE")(model.initial_point()))
    jittered = [row["logp"] for row in start["with_jitter"]]
    assert len(set(jittered)) == 5 and plain not in jittered


def test_a_likelihood_counted_twice_is_equal_up_to_a_constant():
    [pair] = equal_terms(Factors(models.doubled(), backend=PLAIN))
    assert set(pair["names"]) == {"y", "again"} and pair["kind"] == "equal"
    assert pair["max_spread"] < 1e-9 and pair["n_points"] == 5


def test_a_likelihood_inside_another_term_is_contained():
    [pair] = equal_terms(Factors(models.contained(), backend=PLAIN))
    assert pair["names"] == ["likelihood", "more"] and pair["kind"] == "contained"
    assert set(pair["variables"]) == {"mu", "sigma"} and pair["max_spread"] < 1e-9


@pytest.mark.parametrize("name", ["exchangeable", "eight_schools", "truncated", "kinked", "partly_read"])
def test_sound_models_hold_no_equal_terms(name):
    factors = Factors(getattr(models, name)(), backend=PLAIN)
    assert [equal_terms(factors, seed=seed) for seed in range(3)] == [[]] * 3


def test_where_nothing_is_finite_nothing_is_claimed():
    assert equal_terms(Factors(models.impossible_datum(), backend=PLAIN)) == []
