"""The limits that probes measure by, each from both sides, on the smallest model or array that shows it."""

import numpy as np
import pymc as pm
import pytensor.tensor as pt
import pytest

from faultline.engine.backend import PLAIN
from faultline.engine.conditional import Conditional
from faultline.engine.factors import Factors
from faultline.probes.completed import completed
from faultline.probes.graph_cost import graph_cost
from faultline.probes.missing_codes import code_in
from faultline.probes.modes import places
from faultline.probes.tail_decay import endless


def coded(n=70, times=20, code=999.0, among=70, reach=100.0):
    """``n`` numbers from 0 to ``reach``, ``among`` of them distinct, and a code that is repeated."""
    sound = np.resize(np.linspace(1, reach, among), n)
    return np.concatenate([sound, np.full(times, code)])


@pytest.mark.parametrize(
    ("data", "found"),
    [
        (coded(), True),
        # Codes stand for the few that are missing: three in ten at most.
        (coded(n=70, times=30), True),
        (coded(n=69, times=31), False),
        # Among few distinct values gaps are usual.
        (coded(among=10), True),
        (coded(among=9), False),
        # Further away than three times what the others reach over.
        (coded(code=100 + 3.1 * 99), True),
        (coded(code=100 + 2.9 * 99), False),
        (coded(code=1 - 3.1 * 99), True),
        (coded(times=1), False),
        (coded(times=2), True),
        (coded(reach=-0.01, code=0.0), False),
    ],
)
def test_a_repeated_value_far_from_the_others_is_a_code(data, found):
    assert (code_in(data) is not None) is found


@pytest.mark.parametrize(("apart", "found"), [(2.8, 1), (3.2, 2), (5.5, 2)])
def test_chains_are_in_different_places_from_three_standard_deviations(apart, found):
    one = np.random.default_rng(1).normal(size=(1, 400, 2))
    one = (one - one.mean(axis=1)) / one.std(axis=1)
    assert places(np.concatenate([one, one + np.array([apart, 0.0])])) == found


def chain_of(operations):
    with pm.Model() as model:
        value = pm.Normal("x")
        for _ in range(operations):
            value = pt.tanh(value)
        pm.Potential("deep", value)
    return model


def sum_of(operations):
    with pm.Model() as model:
        x = pm.Normal("x")
        pm.Potential("wide", pt.add(*(pt.tanh(x + i) for i in range(operations // 2))))
    return model


@pytest.mark.parametrize(
    ("model", "timed"),
    [(chain_of(70), False), (chain_of(110), True), (sum_of(1500), False), (sum_of(2200), True)],
)
def test_only_what_may_be_a_loop_written_out_is_timed(model, timed):
    """A chain of more than 100 operations, or more than 2000 in all."""
    assert ("costliest" in graph_cost(Factors(model, backend=PLAIN))) is timed


def flat_with(potential):
    with pm.Model() as model:
        x = pm.Flat("x")
        pm.Potential("held", potential(x))
    density = Conditional.of(Factors(model))
    start = np.zeros(density.layout.size)
    draws = np.array([[0.0], [1.0], [-1.0]])
    return [row["names"] for row in endless(density, start, draws, np.ones(1))]


@pytest.mark.parametrize(("power", "found"), [(0.9, [["x"]]), (1.3, [])])
def test_a_density_that_falls_no_faster_than_one_over_the_distance_has_no_integral(power, found):
    """It is level up to a distance of 1e9."""
    assert flat_with(lambda x: -power * pt.log1p((x / 1e9) ** 2) / 2) == found


@pytest.mark.parametrize(("depth", "found"), [(9.0, [["x"]]), (11.0, [])])
def test_a_plateau_that_no_chain_reaches_explains_nothing(depth, found):
    assert flat_with(lambda x: -depth * x**2 / (1 + x**2)) == found


@pytest.mark.parametrize(("reward", "found"), [(90.0, []), (110.0, ["x"])])
def test_a_potential_that_rewards_a_variable_for_running_away_and_a_prior_that_ends_it(reward, found):
    with pm.Model() as model:
        x = pm.Normal("x")
        pm.Potential("pull", reward * x**2 / (1 + x**2))
    assert completed(Conditional.of(Factors(model)), np.zeros(1), np.ones(1)) == found
