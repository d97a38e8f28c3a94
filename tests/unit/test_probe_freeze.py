"""Freezing: what is held, what falls away, and an original that is as it was."""

import models
import numpy as np
import pymc as pm
import pytest
from scipy import stats

from faultline.core.errors import InputError
from faultline.engine.factors import Factors
from faultline.engine.freeze import freeze, leave_out, start_at, with_all_data
from faultline.probes.build import describe
from faultline.probes.randomness import random_numbers


def names(variables):
    return [variable.name for variable in variables]


def test_what_reaches_nothing_any_more_is_dropped():
    model = models.latent_path()
    before = dict(model.rvs_to_initial_values)
    frozen, dropped = freeze(model, {"path": np.arange(6.0)})
    assert names(frozen.free_RVs) == ["noise"] and dropped == ["scale", "steps"]
    # What is computed from dropped variables goes with them.
    assert names(frozen.deterministics) == ["precision"] and names(frozen.potentials) == ["fit"]
    assert frozen.initial_point()["noise_log__"] == pytest.approx(np.log(2.0))
    logp = frozen.compile_logp(vars=frozen.potentials, mode="FAST_COMPILE")(frozen.initial_point())
    assert float(logp) == pytest.approx(-6 * np.log(2 * np.sqrt(2 * np.pi)))
    assert model.rvs_to_initial_values == before and names(model.free_RVs) == ["scale", "steps", "noise"]


def test_a_frozen_variable_loses_its_own_prior_only():
    frozen, dropped = freeze(models.eight_schools(), {"tau": 3.0})
    assert names(frozen.free_RVs) == ["mu", "theta"] and dropped == []
    frozen, dropped = freeze(models.eight_schools(), {"theta": np.zeros(8)})
    assert names(frozen.free_RVs) == [] and dropped == ["mu", "tau"]


def test_coordinates_and_data_survive():
    frozen, _ = freeze(models.latent_path(), {"scale": 0.5})
    assert frozen.coords["time"] == tuple(range(6)) and "data" in names(frozen.data_vars)
    assert names(frozen.deterministics) == ["path", "twice", "precision"]


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"pth": 1.0}, "no free variable or Deterministic named 'pth'"),
        ({"path": np.zeros(5)}, r"'path' at has shape \(5,\), but the model needs \(6,\)"),
        ({"scale": np.zeros(2)}, r"shape \(2,\), but the model needs \(\)"),
    ],
)
def test_mistakes_get_one_sentence(values, says):
    model = models.latent_path()
    before = dict(model.rvs_to_initial_values)
    with pytest.raises(InputError, match=says):
        freeze(model, values)
    assert model.rvs_to_initial_values == before


def test_start_values_come_back_even_when_the_transform_fails(monkeypatch):
    model = models.latent_path()
    before = dict(model.rvs_to_initial_values)
    monkeypatch.setattr("pymc.do", lambda *a, **k: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        freeze(model, {"scale": 1.0})
    assert model.rvs_to_initial_values == before


def test_what_a_term_reads_is_found_through_deterministics():
    frozen, _ = freeze(models.latent_path(), {"scale": 0.5})
    reads = {row["name"]: row["variables"] for row in describe(frozen, Factors(frozen))["reads"]}
    assert reads == {"fit": ["noise", "steps"]}


def test_a_term_that_is_left_out_takes_with_it_what_only_it_informed():
    with pm.Model() as model:
        mu, tau = pm.Normal("mu", 0, 1, initval=0.5), pm.HalfNormal("tau", 1)
        pm.Normal("first", mu, 1, observed=[0.3, -0.2])
        pm.Normal("second", 0, tau, observed=[1.0, 2.0])
        pm.Potential("third", -(mu**2))
    fewer, idle = leave_out(model, ["second"])
    assert names(fewer.free_RVs) == ["mu"] and idle == ["tau"]
    assert names(fewer.observed_RVs) == ["first"] and names(fewer.potentials) == ["third"]
    point = fewer.initial_point()
    assert point == {"mu": 0.5}
    logs = stats.norm(0.5).logpdf([0.3, -0.2]).sum() + stats.norm().logpdf(0.5) - 0.25
    assert float(fewer.compile_logp(mode="FAST_COMPILE")(point)) == pytest.approx(logs)
    fewer, idle = leave_out(model, ["third", "first"])
    assert names(fewer.free_RVs) == ["tau"] and idle == ["mu"]
    assert len(model.observed_RVs) == 2 and len(model.potentials) == 1 and model.initial_point()["mu"] == 0.5


def test_what_falls_away_is_told_in_the_order_of_the_model():
    order = ["z", "c", "a", "m", "b"]
    with pm.Model() as model:
        total = pm.Deterministic("total", sum(pm.Normal(name) for name in order))
        pm.Normal("y", total, 1, observed=[0.3])
        pm.Normal("other", pm.Normal("mu"), 1, observed=[0.3])
    assert leave_out(model, ["y"])[1] == order
    assert freeze(model, {"total": 0.0})[1] == order


def test_what_cannot_be_left_out_or_started_at_gets_one_sentence():
    model = models.latent_path()
    with pytest.raises(
        InputError, match="no observed variable or potential named 'noise' to leave out; it has fit"
    ):
        leave_out(model, ["noise"])
    with pytest.raises(InputError, match="leave at least one of them in"):
        leave_out(model, ["fit"])
    with pytest.raises(InputError, match="no free variable named 'path' to start"):
        start_at(model, {"path": np.zeros(6)})
    with pytest.raises(InputError, match=r"to start 'steps' at has shape \(\), but the model needs \(6,\)"):
        start_at(model, {"steps": 0.0})


def test_a_start_is_in_the_variables_own_units():
    model = start_at(models.latent_path(), {"noise": 3.0, "steps": list(range(6))})
    assert model.initial_point()["noise_log__"] == pytest.approx(np.log(3))
    assert model.initial_point()["steps"] == pytest.approx(np.arange(6))


def test_a_minibatch_gives_way_to_all_of_the_data():
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(60, 2)), rng.normal(size=60)

    def made(x, y, **scaled):
        with pm.Model(coords={"predictor": ["age", "dose"]}) as model:
            slope = pm.Normal("slope", 0, 5, dims="predictor", initval=[1.0, 2.0])
            sd = pm.HalfNormal("sd", 3)
            pm.Normal("y", x @ slope, sd, observed=y, **scaled)
            pm.Potential("penalty", -pm.math.sum(x @ slope))
        return model

    model = made(*pm.Minibatch(x, y, batch_size=10), total_size=60)
    whole, expected = with_all_data(model), made(x, y)
    assert whole.point_logps() == expected.point_logps() and whole.coords == expected.coords
    assert names(whole.free_RVs) == names(model.free_RVs) and random_numbers(Factors(whole)) == []
    np.testing.assert_array_equal(whole.initial_point()["slope"], [1.0, 2.0])
    assert [row["factor"] for row in random_numbers(Factors(model))] == ["y", "penalty"]
