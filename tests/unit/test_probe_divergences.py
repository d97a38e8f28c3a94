"""Where divergences lie: a difference between chains, slow draws and many values name nothing; a real place does."""

import models
import numpy as np
import pymc as pm
import pytest
import xarray as xr

from faultline.criteria.thresholds import DIVERGENCES_MIN
from faultline.findings.outcome import APART_BY_CHANCE
from faultline.probes.divergences import divergence_positions

CHAINS, DRAWS = 2, 200


def slow(rng, n, keep=0.95):
    """Autoregressive draws (chain, draw, n): one in 40 is effective."""
    steps = rng.normal(size=(CHAINS, DRAWS, n))
    draws = np.zeros_like(steps)
    for t in range(1, DRAWS):
        draws[:, t] = keep * draws[:, t - 1] + np.sqrt(1 - keep**2) * steps[:, t]
    return draws


def found(x, flags):
    with pm.Model() as model:
        pm.Normal("x", shape=x.shape[2])
    tree = {
        "posterior": xr.Dataset({"x": (("chain", "draw", "i"), x)}),
        "sample_stats": xr.Dataset({"diverging": (("chain", "draw"), flags)}),
    }
    return divergence_positions(xr.DataTree.from_dict(tree), model)


def runs(rng, share=0.1):
    """Flags that come in runs, as divergences do, wherever the draws are."""
    return np.repeat(rng.random((CHAINS, DRAWS // 5)) < share, 5, axis=1)


def test_slow_draws_and_flags_in_runs_are_called_apart_by_chance_only_as_often_as_said():
    """The plain test of two samples calls nearly every one of these apart."""
    smallest = []
    for seed in range(60):
        rng = np.random.default_rng(seed)
        flags = runs(rng)
        if flags[:, 1:].sum() >= DIVERGENCES_MIN:
            smallest.append(found(slow(rng, 30), flags)["variables"][0]["p"])
    called = np.mean(np.array(smallest) < APART_BY_CHANCE)
    assert len(smallest) > 50 and called < 0.15, called


def test_chains_in_different_places_are_not_where_divergences_lie():
    rng = np.random.default_rng(1)
    x = rng.normal(size=(CHAINS, DRAWS, 5))
    x[0] += 100.0
    flags = np.zeros((CHAINS, DRAWS), bool)
    flags[0] = rng.random(DRAWS) < 0.2
    row = found(x, flags)["variables"][0]
    assert row["p"] > APART_BY_CHANCE and row["ks"] < 0.5


@pytest.mark.parametrize("apart", [0.0, 100.0])
def test_the_value_that_sets_them_apart_is_named_with_its_element(apart):
    rng = np.random.default_rng(2)
    x = rng.normal(size=(CHAINS, DRAWS, 40))
    x[0] += apart
    low = x[:, :, 7] - x[:, :, 7].mean(axis=1, keepdims=True) < -1.0
    flags = np.zeros((CHAINS, DRAWS), bool)
    flags[:, 1:] = low[:, :-1]  # the trajectory begins at the draw before the one that is flagged
    (row,) = found(x, flags)["variables"]
    assert row["index"] == [7] and row["p"] == 1 / 400 and row["shift"] < -1 and row["ks"] > 0.8


@pytest.mark.parametrize("n", [0, 1, DIVERGENCES_MIN - 1])
def test_few_divergences_name_nothing(n):
    rng = np.random.default_rng(3)
    x, flags = rng.normal(size=(CHAINS, DRAWS, 3)), np.zeros((CHAINS, DRAWS), bool)
    flags[1, 1 : n + 1] = True
    assert found(x, flags) == {"n": n, "variables": []}


def test_values_that_are_not_finite_or_never_move_set_nothing_apart():
    rng = np.random.default_rng(4)
    x, flags = rng.normal(size=(CHAINS, DRAWS, 3)), rng.random((CHAINS, DRAWS)) < 0.2
    x[0, 3, 0], x[:, :, 1] = np.nan, 1.0
    (row,) = found(x, flags)["variables"]
    assert row["index"] == [2]
    x[:, :, 2] = 1.0
    (row,) = found(x, flags)["variables"]
    assert row["p"] == 1.0 and row["shift"] is None


def test_positions_are_those_of_the_space_that_the_sampler_moves_in():
    rng = np.random.default_rng(5)
    model = models.eight_schools()
    theta, log_tau = rng.normal(size=(CHAINS, DRAWS, 8)), rng.normal(size=(CHAINS, DRAWS))
    flags = np.zeros((CHAINS, DRAWS), bool)
    flags[:, 1:] = log_tau[:, :-1] < -1.0
    drawn = {
        "mu": (("chain", "draw"), theta[..., 0]),
        "tau": (("chain", "draw"), np.exp(log_tau)),
        "theta": (("chain", "draw", "i"), theta),
    }
    tree = {
        "posterior": xr.Dataset(drawn),
        "sample_stats": xr.Dataset({"diverging": (("chain", "draw"), flags)}),
    }
    first, *rest = divergence_positions(xr.DataTree.from_dict(tree), model)["variables"]
    centred = log_tau[:, :-1] - log_tau[:, :-1].mean(axis=1, keepdims=True)
    low = flags[:, 1:]
    assert first["name"] == "tau" and first["p"] < APART_BY_CHANCE < min(row["p"] for row in rest)
    assert first["shift"] == pytest.approx(
        (centred[low].mean() - centred[~low].mean()) / np.sqrt((centred**2).mean())
    )
