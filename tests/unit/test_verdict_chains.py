"""Chains that are stuck or far below, and priors that contradict the draws: measured on draws, judged on records."""

import math

import numpy as np
import pytest
import xarray as xr
from verdict_records import check, failing, measured, run, verdict

from faultline.criteria import thresholds as limit
from faultline.criteria.run_statistics import far_below, sample_on
from faultline.probes.chains import levels, movement


def posterior(x):
    return xr.Dataset({"x": (("chain", "draw", "i"), x)})


def moves(x):
    return [row and row["moves"] for row in movement(posterior(x))]


def moving(*values):
    return [{"moves": value, "least": "tau", "least_moves": value} for value in values]


def white(seed=0, n=5, chains=3, draws=100):
    return np.random.default_rng(seed).normal(size=(chains, draws, n)) * 10.0 ** np.arange(n)


def test_sound_chains_move_alike_whatever_the_scales():
    heavy = np.random.default_rng(1).standard_cauchy(size=(3, 100, 5))
    for x in (white(), heavy, white(n=1)):
        assert min(moves(x)) > 10 * limit.STUCK_MOVEMENT


def test_a_chain_that_is_stuck_is_told_from_the_others():
    x = white()
    x[1] = 3.0 + 1e-3 * x[1]
    first, second, third = moves(x)
    assert second < 0.003 and min(first, third) > 0.5


def test_a_chain_that_gets_stuck_halfway_is_told_from_its_own_beginning():
    x = white(chains=1)
    x[0, 50:] = x[0, 50]
    assert moves(x) == [0.0]


def test_the_variable_in_which_a_chain_moves_least_is_named():
    narrow = white(seed=3, n=2)
    narrow[2] *= 0.01
    both = xr.Dataset({"x": (("chain", "draw", "i"), white()), "rho": (("chain", "draw", "j"), narrow)})
    row = movement(both)[2]
    assert row["least"] == "rho" and row["least_moves"] < 0.03 and row["moves"] > 0.5


def test_how_chains_move_is_unknown_of_few_draws_and_where_nothing_moves():
    assert movement(posterior(white(draws=12))) == [None] * 3
    assert movement(posterior(np.ones((2, 100, 3)))) == [None] * 2


def test_levels_are_means_of_all_draws_and_of_the_last_half():
    lp = np.stack([np.r_[np.zeros(50), np.ones(50)], np.full(100, np.nan)])
    stats = xr.Dataset({"lp": (("chain", "draw"), lp)})
    assert levels(stats) == [0.5, None] and levels(stats, last=True) == [1.0, None]
    assert levels(xr.Dataset()) == []


def test_draws_of_a_normal_are_within_the_limit_of_their_mode_and_of_each_other():
    rng = np.random.default_rng(2)
    for n in (1, 2, 10, 1200):
        below_mode = 0.5 * rng.chisquare(n, size=2000)
        assert below_mode.mean() < far_below(n) and (below_mode > far_below(n)).mean() < 0.01


def apart(**changes):
    """A short run of 16 values whose chains disagree."""
    return run(False, max_rhat=2.5, **changes)


@pytest.mark.parametrize(
    ("below", "holds"), [(8 + 5 * math.sqrt(8) - 0.1, True), (8 + 5 * math.sqrt(8) + 0.1, False)]
)
def test_a_chain_may_end_that_far_below_another(below, holds):
    record = failing(3, apart(chains_logp_end=[-100.0, -100.0 - below], start_logp=-200.0))
    assert check(record, "chains_level")["passed"] is holds
    assert ("chain 1 ends at a log-probability of" in verdict(record)["interpretation"]) is not holds
    assert ("start all chains where chain 0 is" in verdict(record)["next_action"]) is not holds


def test_chains_below_their_start_are_sent_back_to_it():
    found = verdict(failing(3, apart(chains_logp_end=[-7078.0, -9301.0], start_logp=-4018.0)))
    assert (
        "chains 0 and 1 end at a log-probability of -7,078, -9,301, far below the -4,018 at the start"
        in found["interpretation"].replace("Chains", "chains")
    )
    assert "without jitter" in found["next_action"]


def test_chains_that_agree_may_lie_far_below_the_mode():
    """Heavier tails than the normal's do, and the mode of a hierarchy has no mass at all."""
    record = measured(3, sampling_extended=run(chains_logp_end=[-900.0] * 4, start_logp=0.0))
    assert check(record, "chains_level") is None and verdict(record)["outcome"] == "pass"


def test_a_stuck_chain_is_no_pass_and_sampled_on():
    stuck = run(chains_movement=moving(1.0, 0.9, 0.01, 1.1))
    record = measured(3, sampling_extended=stuck)
    assert verdict(record)["outcome"] == "inconclusive"
    assert "chain 2 hardly moves" in verdict(record)["interpretation"]
    assert (
        sample_on(run(False, max_rhat=1.001, min_ess=900.0, chains_movement=moving(1.0, 0.01)))[0]
        == "extended"
    )


def test_a_chain_that_does_not_move_at_all_is_said_to_repeat_itself():
    said = verdict(failing(3, apart(chains_movement=moving(1.0, 0.0))))["interpretation"]
    assert "chain 1 hardly moves: most draws repeat the previous one" in said


def test_the_stuck_chain_of_a_failing_group_is_the_first_to_look_at():
    action = verdict(failing(3, apart(chains_movement=moving(0.02, 1.0))))["next_action"]
    assert action.startswith("See in the trace plot where chain 0 got stuck")


def test_a_record_without_these_figures_has_no_such_check():
    assert {check(failing(3), name) for name in ("chains_move", "chains_level")} == {None}


def far_out(**changes):
    row = {"name": "kappa", "index": [0, 1], "n": 4, "log10_tail": -300.0, "posterior_median": 1998.0}
    return {**row, "posterior_mean": 1998.0, "posterior_sd": 5.0, "prior": [0.3, 3.4, 9.8], **changes}


def test_draws_far_out_in_a_prior_fail_a_model_with_components_whose_chains_agree():
    record = measured(4, sampling_extended=run(priors=[far_out()]))
    found = verdict(record)
    assert (found["outcome"], found["cause_class"], found["component"]) == ("fail", "b", "kappa")
    assert (
        "kappa[0, 1] at 1998 (sd 5), far out in a tail of its prior (90 % of it between 0.3 and 9.8)"
        in found["interpretation"]
    )


def test_where_chains_disagree_or_a_model_is_taken_apart_it_is_a_remark():
    record = failing(4, run(False, divergences=48, max_rhat=3.0, priors=[far_out()]))
    assert check(record, "prior_agrees")["role"] == "remark"
    assert "Compare the values of `kappa` with their priors" in verdict(record)["next_action"]
    whole = measured(3, sampling_extended=run(priors=[far_out()]))
    whole["asked"]["components"] = {}
    assert (check(whole, "prior_agrees")["role"], verdict(whole)["outcome"]) == ("remark", "pass")


def test_one_of_many_values_may_lie_in_a_tail():
    record = measured(4, sampling_extended=run(priors=[far_out(n=1000, log10_tail=-11.9)]))
    assert check(record, "prior_agrees") is None


def test_how_far_a_single_chain_ends_below_is_known_only_beside_its_start():
    apart = {"max_rhat": 1.3, "chains_logp_end": [-30.0]}
    assert check(measured(3, sampling_extended=run(**apart)), "chains_level") is None
    assert (
        check(measured(3, sampling_extended=run(**apart, start_logp=-29.0)), "chains_level")["value"] == 1.0
    )
