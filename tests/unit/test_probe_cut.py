"""Transforms that keep a part of the support only."""

import numpy as np
import pymc as pm
import pytest
from pymc.distributions.transforms import Interval, log
from scipy import stats
from verdict_records import measured

from faultline.diagnosis.rules import judge
from faultline.engine.backend import PLAIN
from faultline.engine.factors import Factors
from faultline.probes.cut import cut


def change(make):
    with pm.Model() as model:
        centre, spread = pm.Normal("centre", 0.5, 1), pm.HalfNormal("spread", 1)
        make(centre, spread)
    return [(row["name"], row["change"]) for row in cut(Factors(model, backend=PLAIN))]


def test_a_normal_that_a_transform_cuts_off_at_zero_lacks_the_probability_of_what_is_left():
    with pm.Model() as model:
        centre = pm.Normal("centre", 0.5, 1)
        pm.Normal("x", centre, 1.0, shape=3, transform=log, initval=np.ones(3))
    factors = Factors(model, backend=PLAIN)
    [row] = cut(factors, seed=5)
    rng, start = np.random.default_rng(5), factors.layout.vector()
    centres = [start[0], *((start + rng.uniform(-1, 1, start.size))[0] for _ in range(3))]
    assert row["change"] == pytest.approx(np.ptp(stats.norm.logcdf(centres)), abs=1e-3)
    assert (row["name"], row["distribution"], row["transform"]) == ("x", "Normal", "log")
    verdict = judge(measured(1, probes={"cut": [row]}))["verdict"]
    assert (verdict["outcome"], verdict["component"], verdict["cause_class"]) == ("fail", "x", "c")
    assert "pm.TruncatedNormal" in verdict["next_action"]


@pytest.mark.parametrize(
    "make",
    [
        lambda centre, spread: pm.Normal("x", 0, 1, transform=log, initval=1.0),
        lambda centre, spread: pm.TruncatedNormal("x", centre, spread, lower=0),
        lambda centre, spread: pm.HalfNormal("x", spread, default_transform=log),
        lambda centre, spread: pm.Normal("x", centre, spread, shape=2),
        lambda centre, spread: pm.Normal(
            "x", centre, spread, shape=3, transform=pm.distributions.transforms.ordered, initval=[0, 1, 2]
        ),
    ],
    ids=["constant", "truncated", "its own", "none", "ordered"],
)
def test_what_keeps_the_support_or_a_constant_part_of_it_lacks_nothing(make):
    assert all(value < 1e-3 for _, value in change(make))


def test_an_interval_of_a_distribution_with_parameters_is_a_part_too():
    [(name, value)] = change(
        lambda centre, spread: pm.Normal("x", centre, spread, transform=Interval(-1, 1), initval=0.0)
    )
    assert name == "x" and value > 0.1


def test_a_transform_on_top_of_its_own_cuts_off_more():
    """PyMC chains the two: the logarithm of a positive variable's logarithm asks for more than 1."""
    [(name, value)] = change(lambda centre, spread: pm.HalfNormal("x", spread, transform=log, initval=2.0))
    assert name == "x" and value > 0.1
