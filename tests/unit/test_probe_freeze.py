"""Freezing: what is held, what falls away, and an original that is as it was."""

import models
import numpy as np
import pytest

from faultline.core.errors import InputError
from faultline.engine.factors import Factors
from faultline.engine.freeze import freeze
from faultline.probes.build import describe


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
