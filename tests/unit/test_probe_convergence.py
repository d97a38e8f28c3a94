"""A statistic that cannot be computed is null and counted; samplers name the same thing differently."""

import models
import numpy as np
import pytest
import xarray as xr

from faultline.engine.draws import unconstrained
from faultline.probes.convergence import summarise_draws
from faultline.probes.sampling import Run

CHAINS, DRAWS = 2, 60


def run(stats, **changes):
    """A run of the mixture model with white-noise draws, `changes` replacing variables."""
    rng = np.random.default_rng(1)
    draws = {
        "w": rng.dirichlet(np.ones(3), size=(CHAINS, DRAWS)),
        "mu": rng.normal(size=(CHAINS, DRAWS, 3)),
        "sigma": np.exp(rng.normal(size=(CHAINS, DRAWS, 3))),
    } | changes
    posterior = xr.Dataset({name: (("chain", "draw", f"{name}_dim"), value) for name, value in draws.items()})
    sample_stats = xr.Dataset({name: (("chain", "draw"), value) for name, value in stats.items()})
    tree = xr.DataTree.from_dict({"posterior": posterior, "sample_stats": sample_stats})
    asked = {"nuts": "pymc", "init": "auto", "chains": CHAINS, "tune": 0, "draws": DRAWS}
    return Run(tree, 1.0, True, {**asked, "target_accept": 0.8, "max_treedepth": 10})


def summary(stats, **changes):
    return summarise_draws(run(stats, **changes), models.mixture())


def test_constants_and_non_finite_draws_are_undefined():
    mu = np.random.default_rng(2).normal(size=(CHAINS, DRAWS, 3))
    mu[..., 0], mu[0, 5, 1] = 7.0, np.inf
    found = summary({}, mu=mu)
    row = found["variables"][1]
    assert row["n_undefined"] == found["n_undefined"] == 2 and found["n_nonfinite"] == 1
    assert row["rhat_worst_index"] == [2] and row["rhat_max"] < 1.2


def test_a_variable_that_never_moves_has_no_statistics():
    found = summary({}, sigma=np.ones((CHAINS, DRAWS, 3)))
    row = found["variables"][2]
    assert row["rhat_max"] is None and row["ess_bulk_min"] is None and row["n_undefined"] == 3


def test_energy_that_is_nan_is_unknown():
    energy = np.random.default_rng(3).normal(size=(CHAINS, DRAWS))
    energy[0] = np.nan
    found = summary({"energy": energy})
    assert found["ebfmi"][0] is None and found["min_ebfmi"] == found["ebfmi"][1] > 0


def test_missing_statistics_are_null():
    found = summary({})
    for key in ("divergences", "divergent_share", "mean_step_size", "max_treedepth_fraction", "n_steps_mean"):
        assert found[key] is None
    assert found["ebfmi"] == [None, None] and found["min_ebfmi"] is None and found["chains_logp"] == []


@pytest.mark.parametrize(
    ("stats", "statistic"),
    [
        ({"reached_max_treedepth": [True, False]}, "reached_max_treedepth"),
        ({"maxdepth_reached": [True, False]}, "maxdepth_reached"),
        ({"tree_depth": [10, 4]}, "tree_depth >= 10"),
        ({"n_steps": [1023, 15]}, "n_steps >= 1023"),
    ],
)
def test_every_sampler_has_its_own_name_for_the_largest_depth(stats, statistic):
    values = {name: np.resize(value, (CHAINS, DRAWS)) for name, value in stats.items()}
    found = summary(values)
    assert (found["max_treedepth_fraction"], found["treedepth_statistic"]) == (0.5, statistic)


def test_divergences_come_from_the_flags_not_the_running_count():
    flags = np.zeros((CHAINS, DRAWS), bool)
    flags[0, :3] = True
    found = summary({"diverging": flags, "divergences": np.cumsum(flags, axis=1)})
    assert found["divergences"] == 3 and found["divergent_share"] == 3 / 120
    assert found["divergence_positions"] == {"n": 3, "variables": []}


def test_draws_are_taken_back_to_the_samplers_space():
    sampled = run({})
    values = unconstrained(sampled.draws["posterior"].to_dataset(), models.mixture())
    posterior = sampled.draws["posterior"]
    np.testing.assert_allclose(values["sigma"], np.log(posterior["sigma"]))
    np.testing.assert_allclose(values["mu"], posterior["mu"])
    assert values["w"].shape == (CHAINS, DRAWS, 2)


def test_bounds_that_depend_on_other_variables_are_respected():
    model = models.truncated()
    rng = np.random.default_rng(4)
    top = rng.uniform(1, 2, (CHAINS, DRAWS))
    drawn = {"mu": rng.uniform(-1, 2, top.shape), "sigma": top, "top": top, "inside": 0.5 * top}
    posterior = xr.Dataset({name: (("chain", "draw"), value) for name, value in drawn.items()})
    np.testing.assert_allclose(unconstrained(posterior, model)["inside"], 0.0, atol=1e-12)
