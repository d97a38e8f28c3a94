"""Models with discrete variables: PyMC's steps move them, the rest is sampled with them held."""

import numpy as np
import pymc as pm
import pytest
import xarray as xr
from in_process import started
from test_verdict_apart import bend, condition, findings, fit

from faultline.core.sections.ablation import Ablation as Found
from faultline.core.sections.record import Record
from faultline.criteria import run_statistics
from faultline.engine.conditional import Conditional
from faultline.engine.factors import Factors
from faultline.engine.samplers import prepare
from faultline.experiments.ablation import HELD_AT, Ablation
from faultline.experiments.base_run import BASE, LONGER
from faultline.experiments.discrete_steps import as_it_stands, rest_samples_well
from faultline.findings.ablation import checks, samples_well
from faultline.probes.convergence import summarise_draws
from faultline.probes.forced_discrete import determined
from faultline.probes.sampling import sample


def counts_and_rate():
    with pm.Model() as model:
        k = pm.Poisson("k", 3, shape=2)
        rate = pm.Exponential("rate", 1.0)
        pm.Normal("y", k * rate, 1.0, observed=[1.0, 2.0])
    return model


def test_the_density_is_that_of_the_model_wherever_the_discrete_variables_are():
    model = counts_and_rate()
    density = Conditional.of(Factors(model))
    logp, dlogp = model.compile_logp(), model.compile_dlogp(vars=[model["rate"]])
    for k in ([3, 3], [0, 5]):
        point = {"k": np.array(k), "rate_log__": np.array(0.4)}
        value, gradient = density.at({"k": np.array(k)}).look()(np.array([0.4]))
        assert value == pytest.approx(float(logp(point)))
        assert gradient == pytest.approx(dlogp(point))


def test_elsewhere_is_a_copy():
    density = Conditional.of(Factors(counts_and_rate()))
    before = density.look()(np.array([0.4]))[0]
    density.at({"k": np.array([9, 9])})
    assert density.look()(np.array([0.4]))[0] == before


# --- Values that cannot be other than they are ----------------------------------------------------------------------


def drawn(**values):
    """Draws (2 chains, 50 draws): each value given as one draw, or as one for each chain where there are two."""
    made = {}
    for name, value in values.items():
        chains = np.broadcast_to(np.asarray(value), (2, *np.shape(value)[1:]))
        each = np.repeat(chains[:, None], 50, axis=1)
        made[name] = (("chain", "draw", *(f"{name}_{i}" for i in range(each.ndim - 2))), each)
    return xr.Dataset(made)


def ponds():
    with pm.Model() as model:
        share = pm.Beta("share", 1, 1)
        there = pm.Bernoulli("there", share, shape=3)
        pm.Binomial("seen", 5, 0.3 * there, observed=[2, 0, 1])
    return model


def test_where_something_was_seen_something_is():
    posterior = drawn(share=np.full(1, 0.5), there=np.array([[1, 1, 1]]))
    # The second may well be 0: chance 0.5 against 0.5 * 0.7^5.
    assert determined(ponds(), posterior) == {"there": 2}


def test_values_that_differ_between_chains_are_not_determined():
    posterior = drawn(share=np.full(1, 0.5), there=np.array([[1, 0, 1], [1, 1, 1]]))
    assert determined(ponds(), posterior) == {"there": 2}
    assert determined(ponds(), posterior.isel(chain=[0])) == {"there": 2}


def test_a_value_that_is_stuck_far_from_another_is_not_determined():
    with pm.Model() as model:
        k = pm.DiscreteUniform("k", 0, 40)
        pm.Normal("x")
        pm.Potential("places", pm.math.logaddexp(-50.0 * (k - 5) ** 2, -50.0 * (k - 30) ** 2))
    assert determined(model, drawn(x=np.zeros(1), k=np.full(1, 30))) == {}


@pytest.mark.parametrize(("visits", "found"), [(0.05, {"k": 1}), (0.15, {})])
def test_a_value_is_determined_where_hardly_a_visit_of_another_is_expected(visits, found):
    """In 100 draws, of which each is at 1 with a probability of `visits` in 100."""
    with pm.Model() as model:
        pm.Normal("x")
        pm.Bernoulli("k", visits / 100)
    assert determined(model, drawn(x=np.zeros(1), k=np.zeros(1, dtype=int))) == found


def test_a_prior_without_draws_determines_nothing():
    with pm.Model() as model:
        there = pm.Bernoulli("there", logit_p=pm.Flat("odds"))
        pm.Binomial("seen", 5, 0.3 * there, observed=2)
    assert determined(model, drawn(odds=np.zeros(1), there=np.ones(1, dtype=int))) == {}


def test_a_neighbour_that_indexes_beyond_the_end_has_no_chance():
    with pm.Model() as model:
        means = pm.Normal("means", shape=2)
        k = pm.Categorical("k", [0.5, 0.5])
        pm.Normal("y", means[k], 0.1, observed=3.0)
    posterior = drawn(means=np.array([[0.0, 3.0]]), k=np.full(1, 1))
    assert determined(model, posterior) == {"k": 1}


def test_determined_values_leave_no_figure_unknown():
    model = ponds()
    ready = prepare(model, {"nuts": "pymc"})
    found = summarise_draws(sample(ready, {"chains": 2, "tune": 100, "draws": 200}, seed=1), model)
    there = next(row for row in found["variables"] if row["name"] == "there")
    assert there["n_determined"] == 2 and there["n_undefined"] == 0
    assert not run_statistics.read(found).rhat_partly
    assert found["chains_logp"] == []  # PyMC keeps none of steps of several kinds


def test_a_variable_that_is_determined_altogether_decides_nothing():
    rows = [
        {
            "name": "x",
            "size": 1,
            "rhat_max": 1.0,
            "ess_bulk_min": 900.0,
            "ess_tail_min": 900.0,
            "n_undefined": 0,
        },
        {
            "name": "k",
            "size": 2,
            "rhat_max": None,
            "ess_bulk_min": None,
            "ess_tail_min": None,
            "n_undefined": 0,
        },
    ]
    run = {"max_rhat": 1.0, "min_ess": 900.0, "variables": rows}
    assert run_statistics.read(run).rhat_partly
    rows[1]["n_determined"] = 2
    assert not run_statistics.read(run).rhat_partly and not run_statistics.read(run).ess_partly


# --- The rules ------------------------------------------------------------------------------------------------------

BAD = {"rhat": 1.3, "min_ess": 20.0}


def whole(rhat_k=1.3, **changes):
    rows = [
        {"name": "k", "size": 1, "rhat_max": rhat_k, "ess_bulk_min": 20.0, "ess_tail_min": 30.0},
        {"name": "m", "size": 1, "rhat_max": 1.002, "ess_bulk_min": 900.0, "ess_tail_min": 900.0},
        {"name": "mu", "size": 1, "rhat_max": 1.2, "ess_bulk_min": 20.0, "ess_tail_min": 30.0},
    ]
    return fit(**{**BAD, **changes}) | {"variables": rows}


def test_steps_that_fail_where_the_rest_samples_well_are_named():
    apart = {"discrete": ["k", "m"], "whole": whole(), "discrete_held": [fit(), fit()]}
    found = findings(apart)
    assert [(f.check, f.names, f.cause_class) for f in found] == [("discrete_steps", ("k",), "a")]
    assert "R-hat 1.3, 20 effective draws of 4,000" in found[0].note
    assert "with all discrete variables held" in found[0].note


def test_where_only_what_depends_on_them_shows_it_all_are_named():
    apart = {"discrete": ["k", "m"], "whole": whole(rhat_k=1.001), "discrete_held": [fit(), fit()]}
    assert findings(apart)[0].names == ("k", "m")


@pytest.mark.parametrize(
    "held",
    [[], [fit(), fit(rhat=1.3, min_ess=20.0)], [fit(divergences=100)]],
    ids=["none", "one", "diverges"],
)
def test_steps_are_not_accused_where_the_rest_fails_or_was_not_tried(held):
    assert findings({"discrete": ["k"], "whole": whole(), "discrete_held": held}) == []


def test_a_model_that_passes_with_its_steps_is_accused_of_nothing():
    apart = {"discrete": ["k"], "whole": fit(), "discrete_held": [fit()]}
    assert samples_well(Found.of(apart)) and findings(apart) == []
    assert [c.passed for c in checks(Record.of({"apart": apart}))] == [True]


def test_steps_are_no_cause_of_divergences_alone():
    apart = {"discrete": ["k"], "whole": fit(divergences=100), "discrete_held": [fit(), fit()]}
    assert findings(apart) == [] and not samples_well(Found.of(apart))


def test_what_fails_with_them_held_is_searched_and_says_so():
    base = fit(0.1, rhat=1.3, min_ess=30.0)
    apart = {
        "discrete": ["k"],
        "whole": whole(),
        "discrete_held": [base],
        "base": base,
        "controls": [base],
        "conditions": [condition("tau"), condition("theta")],
        "curvature": {"bends": [bend("tau", "theta")]},
    }
    found = findings(apart)[0]
    assert (found.check, found.names) == ("bends", ("tau", "theta"))
    assert found.note.endswith("(measured with the discrete k held fixed)")


# --- The real sampler -----------------------------------------------------------------------------------------------


def search(folder, model, seconds=120.0):
    worker, subject = started(folder, model)
    draws = Ablation(worker, subject, seconds).run()
    return worker.record.content["apart"], draws


def test_steps_that_a_stiff_tie_keeps_small(tmp_path):
    with pm.Model() as model:
        k = pm.Poisson("k", 400)
        x = pm.Normal("x", 400, 20)
        pm.Potential("tie", -2.0 * (k - x) ** 2)
    apart, draws = search(tmp_path, model)
    assert "base" not in apart and {"k", "x"} <= set(draws["posterior"])
    assert [(f.check, f.names) for f in findings(apart)] == [("discrete_steps", ("k",))]


def test_a_funnel_beside_a_discrete_variable(tmp_path):
    with pm.Model() as model:
        pm.Poisson("k", 3)
        v = pm.Normal("v", 0, 3)
        pm.Normal("x", 0, pm.math.exp(v / 2), shape=5)
    apart, draws = search(tmp_path, model)
    assert set(draws["unconstrained/posterior"]) == {"v", "x"}  # the search goes on where k is held
    assert set(draws["posterior"]) == {"k", "v", "x"}
    found = findings(apart)[0]
    assert set(found.names) == {"v", "x"} and found.cause_class == "a"


def test_a_sound_model_is_sampled_once_more_and_no_further(tmp_path):
    with pm.Model() as model:
        k = pm.Bernoulli("k", 0.3)
        pm.Normal("x", k, 1)
    apart, draws = search(tmp_path, model)
    assert samples_well(Found.of(apart)) and findings(apart) == []
    assert "discrete_held" not in apart and apart["conflict"] and draws is not None


def test_a_run_that_decides_nothing_is_followed_by_a_longer_one(tmp_path):
    short, longer = {**BASE, "tune": 100, "draws": 20}, {**BASE, "draws": 600}
    worker, subject = started(tmp_path, counts_and_rate())
    draws = as_it_stands(Ablation(worker, subject, 120.0), short, longer, 60.0)
    assert draws["posterior"].sizes["draw"] == 600
    assert worker.record.content["apart"]["whole"]["n_draws"] == 600 * BASE["chains"]


def test_chains_that_cannot_start_where_others_ended_start_together(tmp_path):
    with pm.Model() as model:
        k = pm.Geometric("k", 0.3)
        x = pm.HalfNormal("x", 1)
        pm.Potential("above", pm.math.switch(x > k, -np.inf, 0.0))
    worker, subject = started(tmp_path, model)
    apart = Ablation(worker, subject, 120.0)
    draws = as_it_stands(apart, BASE, LONGER, 60.0)
    k, x = (draws["posterior"][name].values for name in "kx")
    assert (x[1:, -1] > k.min()).any()  # an end that a smaller k makes impossible
    apart._compile()
    rest_samples_well(apart, draws, LONGER, HELD_AT)
    assert worker.record.content["apart"]["discrete_held"]
    look = apart.density.look()
    assert all(np.isfinite(look(start)[0]) for start in apart.start_at)
