"""The user's run made again, and which of its arguments make it fail: with real samplers, and the search alone."""

import numpy as np
import pymc as pm
import pytest
from in_process import started

from faultline.core.errors import InputError
from faultline.criteria.own_run import NO_GRADIENT, NUTS, USUAL, passes
from faultline.experiments import as_yours
from faultline.experiments.model_context import undefined
from faultline.probes import own_run
from faultline.probes.own_run import at_fault, attempted, changed, changes, check_names, moves


def normal():
    with pm.Model() as model:
        mu = pm.Normal("mu", 0, 5)
        sd = pm.HalfNormal("sd", 3)
        pm.Normal("y", mu, sd, observed=np.random.default_rng(0).normal(1, 2, 30))
    return model


def off_by_jitter():
    """Values of spread 2e-6 in a window of 0.001, which jitter of 1 leaves."""
    with pm.Model() as model:
        mu = pm.Normal("mu", 0, 5, initval=1.0)
        pm.Potential("window", pm.math.log(pm.math.gt(1e-3, pm.math.abs(mu - 1))))
        pm.Normal("y", mu, 1e-5, observed=np.ones(20))
    return model


def funnel():
    with pm.Model() as model:
        tau = pm.HalfCauchy("tau", 5)
        theta = pm.Normal("theta", 0, tau, shape=8)
        pm.Normal("y", theta, [15.0, 10, 16, 11, 9, 11, 10, 18], observed=[28.0, 8, -3, 7, -1, 1, 18, 12])
    return model


def searched(model, arguments, seed=1):
    """The run's own figures, and what was found of its arguments; None where it passes."""

    def attempt(change):
        others = changed(arguments, change)
        figures = attempted(model, others, seed)[0]
        return figures, passes(figures, moves(model, others))

    first, passed = attempt({})
    return first, None if passed else at_fault(arguments, first, attempt, lambda: 1e9)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("make", "arguments", "cure"),
    [
        (normal, {"tune": 0}, {"tune": 1000}),
        (normal, {"chains": 1}, {"chains": 4}),
        (normal, {"target_accept": 0.1, "draws": 500}, {"target_accept": 0.8}),
        (normal, {"max_treedepth": 1, "chains": 2}, {"max_treedepth": 10}),
        (normal, {"draws": 100}, {"draws": 1000}),
        (off_by_jitter, {"nuts_sampler": "pymc"}, {"init": "adapt_diag"}),
    ],
)
def test_the_argument_at_fault_is_found(make, arguments, cure):
    found = searched(make(), arguments)[1]
    assert found["cure"] == cure and not found["stopped"]
    assert next(row for row in found["tried"] if row["change"] == cure)["passes"]


@pytest.mark.slow
@pytest.mark.parametrize(
    "arguments", [{}, {"step": "Metropolis", "draws": 5000}, {"chains": 2, "tune": 500, "seed": 7}]
)
def test_a_sound_run_is_left_alone(arguments):
    first, found = searched(normal(), arguments)
    assert found is None and first["chains"] == arguments.get("chains", 4)


@pytest.mark.slow
def test_a_model_without_continuous_variables_has_no_trajectories_to_judge():
    with pm.Model() as model:
        k = pm.Poisson("k", 3)
        pm.Normal("y", k, 1, observed=[2.5, 3.5])
    assert (moves(model, {}), moves(normal(), {})) == (NO_GRADIENT, NUTS)
    assert searched(model, {"draws": 4000})[1] is None


@pytest.mark.slow
@pytest.mark.parametrize("arguments", [{}, {"target_accept": 0.6}])
def test_no_argument_is_blamed_for_a_funnel(arguments):
    found = searched(funnel(), arguments)[1]
    assert found["cure"] is None and len(found["tried"]) == len(arguments)


@pytest.mark.slow
def test_a_run_that_does_not_start_says_how_it_ended():
    figures, draws = attempted(off_by_jitter(), {"nuts_sampler": "pymc"}, 1)
    assert (
        draws is None
        and figures["error"]["type"] == "SamplingError"
        and "\n" not in figures["error"]["message"]
    )


@pytest.mark.slow
@pytest.mark.parametrize("sampler", ["pymc", "nutpie", "numpyro"])  # PyMC 6.4 cannot call this blackjax
def test_every_sampler_takes_the_arguments(sampler):
    arguments = {
        "nuts_sampler": sampler,
        "tune": 200,
        "draws": 150,
        "chains": 2,
        "target_accept": 0.9,
        "max_treedepth": 2,
    }
    figures = attempted(normal(), arguments | {"initvals": {"mu": 1}}, 3)[0]
    assert "error" not in figures, figures["error"]
    assert (figures["nuts"], figures["tune"], figures["draws"], figures["n_draws"]) == (
        sampler,
        200,
        150,
        300,
    )
    assert figures["max_treedepth_fraction"] > 0.1


def test_an_unknown_variable_among_the_starts_is_a_mistake():
    with pytest.raises(
        InputError, match="names 'nu', which is no free variable of the model; its free variables are mu, sd"
    ):
        check_names(normal(), {"initvals": {"nu": 1}})
    check_names(normal(), {"initvals": {"mu": 1, "sd_log__": 0.5}})


@pytest.mark.parametrize(
    ("arguments", "started", "tried"),
    [
        ({}, True, {}),
        (dict(USUAL), True, {}),
        ({"tune": 2000, "draws": 5000, "seed": 1}, True, {}),
        # Its steps may be too small.
        ({"target_accept": 0.99}, True, {"target_accept": 0.8}),
        # What it does by itself is not tried once more.
        ({"nuts_sampler": "nutpie"}, True, {}),
        ({"nuts_sampler": "nutpie", "init": "advi"}, True, {"nuts_sampler": None, "init": None}),
        ({"step": "Metropolis", "target_accept": 0.1, "max_treedepth": 3}, True, {"step": None}),
        ({"tune": 0, "step": "Slice"}, True, {"step": None, "tune": 1000}),
        ({"init": "advi"}, True, {"init": None}),
        ({}, False, {"init": "adapt_diag"}),
        ({"init": "adapt_diag"}, False, {"init": None}),
        ({"nuts_sampler": "numpyro"}, False, {"nuts_sampler": None, "init": "adapt_diag"}),
        ({"step": "NUTS"}, False, {"step": None}),
    ],
)
def test_only_what_asks_for_less_than_pymc_does_is_tried_otherwise(arguments, started, tried):
    assert changes(arguments, started) == tried


ALL = {"tune": 0, "draws": 10, "chains": 1}
CURES = {"tune": 1000, "draws": 1000, "chains": 4}


@pytest.mark.parametrize(
    ("cures", "cure", "runs"),
    [
        (lambda change: True, {"tune": 1000}, 2),
        (lambda change: "draws" in change, {"draws": 1000}, 3),
        (lambda change: {"tune", "chains"} <= set(change), {"tune": 1000, "chains": 4}, 6),
        (lambda change: len(change) == 3, CURES, 7),
        # One of them is what the run needs: not changed with the others.
        (lambda change: "tune" in change and "draws" not in change, {"tune": 1000}, 2),
        (lambda change: False, None, 4),
    ],
)
def test_the_search_finds_the_smallest_change(cures, cure, runs):
    kept = []
    found = at_fault(
        ALL,
        {"seconds": 1},
        lambda change: ({"seconds": 1}, cures(change)),
        lambda: 9,
        lambda rows: kept.append(len(rows)),
    )
    assert found["cure"] == cure and not found["stopped"]
    assert found["tried"][0]["change"] == CURES and kept == list(range(1, runs + 1))


def test_time_ends_the_search_before_a_run_that_would_not_end():
    left = iter([100, 30])
    found = at_fault(ALL, {"seconds": 10}, lambda change: ({"seconds": 40}, True), lambda: next(left))
    assert found["stopped"] and found["cure"] == CURES and len(found["tried"]) == 1


@pytest.mark.parametrize(("arguments", "ends"), [({}, True), ({"step": "Metropolis"}, False)])
def test_a_model_on_minibatches_is_sampled_with_all_of_its_data_too(arguments, ends, tmp_path):
    y = np.random.default_rng(0).normal(1, 2, 500)
    with pm.Model() as model:
        batch = pm.Minibatch(y, batch_size=50)
        pm.Normal("y", pm.Normal("mu", 0, 5), 2, observed=batch, total_size=500)
    recorder, subject = started(tmp_path, model, as_yours={"tune": 500, "draws": 6000, **arguments})
    assert undefined(recorder, subject)
    as_yours.measure(recorder, subject)
    found = recorder.record.content["as_yours"]
    assert found["with_all_data"]["passes"] is True and "sampling" not in recorder.record.content
    assert bool(found["with_minibatch"]["error"]) == ends and not (tmp_path / "draws.nc").exists()


def test_nutpie_s_chains_run_side_by_side_and_draw_the_same(monkeypatch):
    """Threads of one process; all others one after another."""
    run = {"tune": 50, "draws": 50, "chains": 2}
    draws = []
    for present in (1, 2):
        monkeypatch.setattr(
            own_run, "cores_for", lambda asked, present=present: min(asked["chains"], present)
        )
        assert own_run._arguments({**run, "nuts_sampler": "nutpie"}, 1)["cores"] == present
        assert own_run._arguments(run, 1)["cores"] == 1
        draws.append(attempted(normal(), {**run, "nuts_sampler": "nutpie"}, 1)[1]["posterior"].to_dataset())
    assert draws[0].equals(draws[1])
