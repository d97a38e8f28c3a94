"""What the case measures itself, and that it would notice a fault."""

import numpy as np
import pymc as pm
import pytensor
import pytensor.tensor as pt
import pytest
import xarray as xr
from gimbal_samples import config, dataset

from faultline.cases.gimbal import hmm, probes
from faultline.cases.gimbal import model as case
from faultline.cases.gimbal.initialise import estimate
from faultline.engine.backend import evaluate
from faultline.findings.finite_differences import FD_RELATIVE_ERROR


def look(model, variables):
    return evaluate(model, variables, backend="JAX")


@pytest.fixture(scope="module")
def gappy(tmp_path_factory):
    return dataset(tmp_path_factory.mktemp("gappy"), config(T=6, missingness_bernoulli_p=0.2))


def test_each_component_has_its_own_probe(gappy):
    off = case.build(gappy, use_mixture=False, use_directional_hmm=False)
    assert probes.group_probes("group_3", off, gappy, None, look) == {}
    states = case.build(gappy, use_mixture=False)
    assert set(probes.group_probes("group_5", states, gappy, None, look)) == {"hmm_micro"}


def test_every_value_that_is_judged_is_measured(gappy):
    found = probes.group_probes("group_6", case.build(gappy), gappy, None, look)
    assert list(found) == list(case.CHECKS)
    for section, about in case.CHECKS.items():
        assert {check["value"] for check in about["checks"].values()} <= set(found[section])
    limit = case.CHECKS["hmm_micro"]["checks"]["hmm_gradient_error"]["at_most"]
    assert limit == FD_RELATIVE_ERROR


def test_mixture_facts(gappy):
    model = case.build(gappy, use_directional_hmm=False)
    facts = probes.group_probes("group_4", model, gappy, None, look)["mixture"]
    assert facts["uniform_logp"] == pytest.approx(-np.log(1280 * 720))
    assert facts["n_missing"] == (~gappy.seen).sum() > 0
    assert facts["invalid_contribution_max_abs"] == 0 and facts["invalid_gradient_max_abs"] == 0
    normal = facts["normal_logp"]
    best = -np.log(2 * np.pi) - 2 * np.log(estimate(gappy).obs_sigma)
    assert normal["min"] < normal["median"] < normal["max"] <= best + 1e-9
    assert facts["inlier_initial"]["probability"] == pytest.approx(0.98)


def test_the_draws_add_the_inlier_probability_and_nothing_is_measured_again(gappy):
    model = case.build(gappy)
    draws = xr.Dataset({"logodds_inlier": (("chain", "draw"), [[-1.0, 0.0, 3.0]])})
    tree = xr.DataTree.from_dict({"posterior": draws})
    for given in (draws, tree):
        found = probes.group_probes("group_6", model, gappy, given, evaluate=None)
        assert set(found) == {"mixture"} and set(found["mixture"]) == {"inlier_posterior"}
        assert found["mixture"]["inlier_posterior"]["probability"] == pytest.approx(
            {"min": 0.26894, "median": 0.5, "max": 0.95257}, rel=1e-4
        )


def test_a_missing_point_that_contributes_is_noticed(gappy):
    """A model that gives missing points a value of their own, which follows the noise."""
    by_point = gappy.seen.transpose(0, 2, 1)
    with pm.Model() as leaky:
        seen = pm.Data("seen", by_point, shape=by_point.shape)
        obs_sigma = pm.HalfNormal("obs_sigma")
        pm.Normal("logodds_inlier")
        pm.Deterministic("y_pred", pt.constant(np.nan_to_num(gappy.y_2d)))
        terms = pt.where(seen, 0.0, -2.5 * obs_sigma)
        terms.name = "log_obs_points"
        pm.Deterministic("log_obs_t", terms.sum(axis=(0, 1)))
    facts = probes.mixture_facts(leaky, gappy, look)
    assert facts["invalid_contribution_max_abs"] > 1 and facts["invalid_gradient_max_abs"] > 1


@pytest.mark.parametrize("normalised", [False, True])
def test_the_micro_check_finds_the_gradient_right(normalised):
    found = probes.hmm_micro(normalised)
    assert (found["T"], found["K"], found["S"]) == (5, 2, 2) and np.isfinite(found["logp"])
    assert set(found["gradients"]) == {"U", "dir_hmm_mu_raw", "dir_hmm_kappa", "init_logits", "trans_logits"}
    assert found["max_relative_error"] < 1e-7


def test_the_micro_check_notices_a_wrong_gradient(monkeypatch):
    right = hmm.log_vmf_normaliser
    monkeypatch.setattr(
        hmm, "log_vmf_normaliser", lambda kappa: right(pytensor.gradient.grad_scale(kappa, 1.3))
    )
    found = probes.hmm_micro(normalised=True)
    assert found["gradients"]["dir_hmm_kappa"]["relative_error"] > 0.05
    assert found["gradients"]["U"]["relative_error"] < 1e-7
    assert found["max_relative_error"] == found["gradients"]["dir_hmm_kappa"]["relative_error"]


def test_recovery(gappy):
    rng = np.random.default_rng(0)
    sd = 0.05
    centre = gappy.x_true + sd * rng.standard_normal(gappy.x_true.shape)
    x = centre + sd * rng.standard_normal((2, 300, *centre.shape))
    draws = xr.Dataset({"x_all": (("chain", "draw", "t", "k", "axis"), x)})
    found = probes.recovery(gappy, draws)
    assert found["n"] == gappy.x_true.size
    assert found["rmse_x"] == pytest.approx(sd, rel=0.2) and found["rmse_x_initial"] > 0
    assert found["coverage_90"] == pytest.approx(0.9, abs=0.1)
    assert probes.recovery(gappy, xr.DataTree.from_dict({"posterior": draws})) == found
    assert probes.recovery(gappy, draws + 1)["coverage_90"] == 0


def test_no_truth_no_recovery(gappy):
    from dataclasses import replace

    assert probes.recovery(replace(gappy, x_true=None), xr.Dataset()) is None
    assert probes.recovery(gappy, xr.Dataset()) is None
