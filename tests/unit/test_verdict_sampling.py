"""Decision rules of the groups that sample: one test per rule, each breaking one thing in a sound run."""

import math

import pytest
from verdict_records import (
    check,
    divergent,
    failing,
    gradient,
    logp,
    measured,
    own,
    run,
    variable,
    verdict,
)

from faultline.criteria import run_statistics as figures
from faultline.criteria import thresholds
from faultline.criteria.run_statistics import CONFIRM, EXTENDED, divergent_share_at_least, sample_on


def long(number=3, **changes):
    return measured(number, sampling_extended=run(**changes))


def test_a_sound_long_run_passes_and_says_what_it_does_not_show():
    found = verdict(long())
    assert (found["outcome"], found["component"], found["cause_class"]) == ("pass", None, None)
    assert "nor that it samples at full size" in found["interpretation"]
    whole = long()
    whole["asked"] |= {"max_T": None, "max_K": None}
    assert verdict(whole)["interpretation"].endswith("it does not show that the model is right.")


@pytest.mark.parametrize(
    "broken",
    [
        {"max_rhat": 1.02},
        {"variables": [variable("tau"), variable("theta", rhat_max=1.02)]},
        {"min_ess": 399.0},
        {"variables": [variable("tau", ess_bulk_min=399.0)]},
        {"variables": [variable("tau", ess_tail_min=399.0)]},
        {"min_ebfmi": 0.25},
        {"ebfmi": [0.9, 0.25]},
        {"max_treedepth_fraction": 0.2},
        {"divergences": 12},
        {"chains": 1, "n_draws": 1000},
        {"complete": False},
        {"n_nonfinite": 1},
    ],
)
def test_a_pass_needs_every_standard(broken):
    """Short of one standard, and beyond no limit of a failure: not a pass, not a failure."""
    found = verdict(long(**broken))
    assert (found["outcome"], found["cause_class"], found["component"]) == ("inconclusive", None, None)
    assert "what is missing for a pass" in found["interpretation"].lower()
    assert "More draws are needed" in found["next_action"]


@pytest.mark.parametrize("unknown", [None, math.nan, math.inf])
@pytest.mark.parametrize(
    "key", ["max_rhat", "min_ess", "min_ebfmi", "max_treedepth_fraction", "divergences", "n_nonfinite"]
)
def test_a_statistic_that_is_not_known_is_no_pass(key, unknown):
    assert verdict(long(**{key: unknown}))["outcome"] == "inconclusive"


@pytest.mark.parametrize(
    "broken",
    [
        {"variables": [variable("tau"), variable("theta", n_undefined=1)]},
        {"variables": [variable("tau", rhat_max=math.nan)]},
        {"variables": [variable("tau", ess_bulk_min=None)]},
        {"variables": [variable("tau", ess_tail_min=None)]},
        {"ebfmi": [0.9, math.nan]},
        {"complete": None},
        {"chains": None},
    ],
)
def test_a_statistic_that_is_partly_unknown_is_no_pass(broken):
    assert verdict(long(**broken))["outcome"] == "inconclusive"


def test_what_is_partly_unknown_can_still_fail():
    stuck = [variable("tau", n_undefined=1), variable("theta", rhat_max=2.5)]
    assert verdict(long(variables=stuck))["outcome"] == "fail"


@pytest.mark.parametrize(
    ("broken", "name"),
    [
        ({"divergences": 15}, "divergences_too_many"),
        ({"max_rhat": 1.21}, "chains_together"),
        ({"variables": [variable("tau", rhat_max=1.21)]}, "chains_together"),
        ({"max_treedepth_fraction": 0.51}, "tree_depth_not_saturated"),
        ({"min_ebfmi": 0.19}, "energy_not_stuck"),
        ({"ebfmi": [0.9, 0.19]}, "energy_not_stuck"),
        ({"min_ess": 39.0}, "effective_share"),
    ],
)
def test_a_long_run_fails_by_each_sign_alone(broken, name):
    record = long(**broken)
    found = verdict(record)
    assert (found["outcome"], found["cause_class"], found["component"]) == ("fail", "a", "core model")
    guilty = [c["name"] for c in [check(record, name)] if c["passed"] is False]
    assert guilty == [name]


@pytest.mark.parametrize(
    "borderline",
    [
        {"divergences": 14},
        {"max_rhat": 1.2},
        {"max_treedepth_fraction": 0.5},
        {"min_ebfmi": 0.2},
        {"min_ess": 40.0},
    ],
)
def test_at_the_limit_itself_a_long_run_has_not_failed(borderline):
    assert verdict(long(**borderline))["outcome"] == "inconclusive"


def test_a_saturated_run_fails_without_divergences_and_with_perfect_statistics():
    """A floor in the mean: no divergence, R-hat 1.003, and almost every draw at the largest tree depth."""
    assert verdict(long(max_rhat=1.003, max_treedepth_fraction=0.99))["outcome"] == "fail"


def test_a_few_divergences_in_a_long_run_pass_and_are_said():
    found = verdict(long(divergences=2))
    assert found["outcome"] == "pass"
    assert "2 of 4000 draws diverge" in found["interpretation"]


def test_the_share_bound_is_clopper_pearson():
    assert divergent_share_at_least(0, 200) == 0
    # By its definition: with this share, so many divergences or more have a probability of 1 - CONFIDENCE.
    share = divergent_share_at_least(3, 200)
    fewer = sum(math.comb(200, k) * share**k * (1 - share) ** (200 - k) for k in range(3))
    assert 1 - fewer == pytest.approx(1 - thresholds.CONFIDENCE)


# --- The short run ---


def test_the_published_group_3_fails_in_its_short_run():
    found = verdict(
        failing(3, run(False, divergences=48, max_rhat=1.31, min_ess=5.0, max_treedepth_fraction=0.895))
    )
    assert (found["outcome"], found["component"], found["cause_class"]) == ("fail", "core model", "a")
    assert "48 of 200 draws diverge" in found["interpretation"]


def test_the_published_group_4_fails_because_its_chains_disagree():
    """0 divergences, R-hat 2.55, ESS 3: its authors called it stable."""
    found = verdict(failing(4, run(False, max_rhat=2.55, min_ess=3.0)))
    assert found["outcome"] == "fail"
    assert "chains disagree" in found["interpretation"]
    assert found["component"] is None, "from its own record nobody can tell the component from the core"


def test_the_published_headline_figures_alone_are_enough_to_fail():
    sampling = {"divergences": 0, "n_draws": 200, "max_rhat": 2.55, "min_ess": 3, "chains": 2}
    assert verdict(failing(4, sampling))["outcome"] == "fail"


@pytest.mark.parametrize(
    "decisive",
    [
        divergent(6),
        run(False, max_rhat=2.01),
        run(False, max_treedepth_fraction=0.6, max_rhat=1.31),
    ],
)
def test_a_short_run_that_fails_is_to_be_confirmed(decisive):
    assert sample_on(decisive)[0] == CONFIRM
    assert verdict(failing(3, decisive))["outcome"] == "fail"


@pytest.mark.parametrize(
    "undecided",
    [
        run(False),
        divergent(5),
        run(False, max_rhat=2.0),
        run(False, max_treedepth_fraction=0.6, max_rhat=1.3),
        run(False, max_treedepth_fraction=0.4, max_rhat=1.9),
        run(False, max_treedepth_fraction=0.6, max_rhat=None),
        run(False, min_ebfmi=0.05),
        run(False, min_ess=1.0),
        run(False, max_rhat=math.nan),
    ],
)
def test_a_short_run_that_cannot_decide_is_sampled_on_with_a_reason(undecided):
    assert sample_on(undecided)[0] == EXTENDED
    assert verdict(failing(3, undecided))["outcome"] == "inconclusive"


def test_the_reason_to_sample_on_names_figures_and_limits():
    _, reason = sample_on(
        run(False, min_ess=9.0, min_ebfmi=None, max_treedepth_fraction=None, complete=False, n_nonfinite=3)
    )
    for words in (
        "the effective sample size is 9, wanted at least 400",
        "E-BFMI is known only in part",
        "the share of draws at the largest tree depth is unknown",
        "the run was cut short",
        "the number of draws that are not finite is 3, wanted exactly 0",
    ):
        assert words in reason


@pytest.mark.parametrize("long", [True, False])
def test_every_figure_of_a_run_has_its_words(long):
    read = figures.read(run(long))
    named = {check.name for check in [*figures.faults(read), *figures.standards(read)]}
    assert {"max_rhat", "chains_together"} <= named and named - set(figures._MEASURED) == {"run_complete"}


def test_the_reason_to_confirm_names_what_failed_and_nothing_else():
    wanted = sample_on(run(False, max_rhat=2.5, min_ess=3.0))
    assert wanted == (CONFIRM, "R-hat is 2.5, wanted at most 2")


def test_a_value_that_is_not_known_is_null_in_the_check():
    for name in ("max_rhat", "min_ess"):
        assert check(long(**{name: math.nan}, variables=[]), name)["value"] is None


def test_a_run_of_unknown_length_is_no_pass():
    assert verdict(long(n_draws=None))["outcome"] == "inconclusive"


def test_a_run_that_meets_every_standard_is_not_sampled_on():
    assert sample_on(run()) is None


@pytest.mark.parametrize("broken", [{"max_rhat": 1.5}, {"min_ebfmi": 0.1}, {"divergences": 30}])
def test_sampling_on_and_the_verdict_agree(broken):
    sampling = run(**broken)
    assert sample_on(sampling) is None
    assert verdict(failing(3, sampling))["outcome"] == "fail"


def test_the_extended_run_decides_where_there_is_one():
    assert verdict(measured(3, sampling=run(False, min_ess=2.0)))["outcome"] == "pass"
    assert verdict(measured(3, sampling_extended=run(divergences=40)))["outcome"] == "fail"


@pytest.mark.parametrize(("n_draws", "rhat"), [(1000, 1.8), (2000, 1.4), (4000, 1.2), (8000, 1.2)])
def test_chains_of_fewer_draws_may_be_further_apart(n_draws, rhat):
    for above, outcome in ((-0.001, "inconclusive"), (0.001, "fail")):
        figures = {"n_draws": n_draws, "chains": 2, "max_rhat": rhat + above, "variables": []}
        assert verdict(long(**figures))["outcome"] == outcome


def test_few_draws_prove_no_bad_efficiency():
    few = long(n_draws=1000, chains=2, min_ess=5.0, variables=[])
    assert verdict(few)["outcome"] == "inconclusive"
    assert verdict(long(n_draws=4000, min_ess=5.0, variables=[]))["outcome"] == "fail"


def test_a_failure_that_a_longer_tuning_cures_is_none():
    found = verdict(measured(3, sampling=divergent()))
    assert found["outcome"] == "pass"
    assert "Tune it for at least" in found["next_action"]
    assert "Tune it" not in verdict(measured(3))["next_action"]


def test_an_extended_run_with_no_more_draws_than_the_short_one_does_not_replace_it():
    """Stopped by a limit: of 4 chains with 20 draws each the R-hat proves nothing."""
    stopped = run(n_draws=80, max_rhat=2.6, complete=False)
    assert verdict(measured(3, sampling_extended=stopped))["outcome"] == "inconclusive"


@pytest.mark.parametrize(("draws", "outcome"), [(49, "inconclusive"), (50, "fail")])
def test_in_a_tiny_run_only_divergences_prove_anything(draws, outcome):
    figures = {"n_draws": 2 * draws, "max_rhat": 2.6, "max_treedepth_fraction": 0.9}
    assert verdict(failing(3, run(False, **figures)))["outcome"] == outcome
    assert verdict(failing(3, run(False, **figures, divergences=30)))["outcome"] == "fail"


def test_an_extended_run_that_drew_nothing_leaves_the_verdict_to_the_short_one():
    assert verdict(measured(3, sampling=divergent(), sampling_extended={"n_draws": 0}))["outcome"] == "fail"


def test_a_longer_run_of_few_draws_is_judged_as_a_short_one():
    assert verdict(long(chains=4, n_draws=4 * 499, max_rhat=1.5))["outcome"] == "inconclusive"
    assert verdict(long(chains=4, n_draws=4 * 500, max_rhat=1.5))["outcome"] == "fail"


def positions(p):
    return {
        "n": 48,
        "variables": [
            {"name": "tau", "shift": 1.0, "ks": 0.9, "p": p},
            {"name": "theta", "shift": 9.0, "ks": 1.0, "p": p},
        ],
    }


def test_divergences_that_lie_apart_by_chance_name_nothing():
    rows = [variable("tau", False), variable("theta", False, rhat_max=1.5)]
    record = failing(3, run(False, divergences=48, variables=rows, divergence_positions=positions(0.4)))
    assert verdict(record)["next_action"].startswith("Begin with `theta` (the largest R-hat, 1.50)")


def test_the_next_action_names_the_variables_that_show_it():
    rows = [variable("tau", False), variable("theta", False, rhat_max=1.5)]
    action = verdict(
        failing(3, run(False, divergences=48, variables=rows, divergence_positions=positions(0.0025)))
    )["next_action"]
    assert (
        action.startswith("Begin with `tau` (its divergences lie apart")
        and "`theta` (the largest R-hat, 1.50)" in action
    )


def test_low_energy_is_called_a_funnel_in_a_long_run_only():
    """Chains that have not settled yet have a low E-BFMI too."""
    assert "funnel" in verdict(long(min_ebfmi=0.05))["next_action"]
    short = verdict(failing(3, run(False, divergences=48, min_ebfmi=0.05)))
    assert short["outcome"] == "fail" and "funnel" not in short["next_action"]
    apart = verdict(long(min_ebfmi=0.05, max_rhat=2.5))
    assert "funnel" not in apart["next_action"] and "different places" in apart["next_action"]
    assert "funnel" in verdict(long(min_ebfmi=0.05, max_rhat=1.7))["next_action"]


# --- The start of a group that samples ---


def test_a_start_that_is_not_finite_is_the_finding_of_a_group_that_samples_too():
    terms = [{"name": "y", "value": -math.inf, "n_elements": 8, "n_nan": 0, "n_inf": 1}]
    record = failing(4, {})
    record["logp"] = logp(total=-math.inf, terms=terms)
    record["error"] = {"stage": "sample", "type": "SamplingError", "message": "bad start", "traceback": ""}
    found = verdict(record)
    assert (found["outcome"], found["cause_class"], found["component"]) == ("fail", "b", "y")
    assert "The start itself is broken" in found["interpretation"] and "Evaluate `y`" in found["next_action"]


def test_a_gradient_that_is_not_finite_is_the_finding_of_a_group_that_samples_too():
    broken = gradient(n_nan=1, share_by_variable=[{"name": "theta", "share": None, "n_nonfinite": 1}])
    found = verdict({**failing(3), "gradient": broken})
    assert (found["outcome"], found["cause_class"], found["component"]) == ("fail", "c", "theta")


def test_a_sound_start_leaves_the_verdict_to_the_run():
    assert verdict(measured(3, logp=logp(), gradient=gradient()))["outcome"] == "pass"


# --- Recovery, frozen latents, a case's own probes ---


@pytest.mark.parametrize(
    ("coverage", "outcome"),
    [(0.9, "pass"), (1.0, "pass"), (0.7, "pass"), (0.69, "fail"), (None, "inconclusive")],
)
def test_chains_that_agree_on_something_else_than_the_truth_fail(coverage, outcome):
    found = verdict(measured(3, truth={"rmse_x": 1.0, "coverage_90": coverage}))
    assert (found["outcome"], found["cause_class"]) == (outcome, None)


def test_recovery_says_nothing_while_the_chains_disagree():
    record = measured(3, truth={"coverage_90": 0.1}, sampling_extended=run(max_rhat=1.02))
    assert check(record, "truth_coverage") is None
    assert verdict(record)["outcome"] == "inconclusive"


def test_a_frozen_group_that_fails_blames_the_observation_model():
    found = verdict(failing(7))
    assert found["component"] == "observation model"
    assert "the observation model" in found["interpretation"]


def frozen_run(**badly):
    """A frozen group of two variables that mix, and of the given ones, which have these figures."""
    good = [variable("sigma", rhat_max=1.002), variable("odds", rhat_max=1.01)]
    bad = [variable(name, **changes) for name, changes in badly.items()]
    record = failing(7, run(divergences=50, max_rhat=2.3, variables=[*good, *bad]))
    record["model"]["reads"] = [
        {"name": "pixels", "variables": ["odds", "sigma"]},
        {"name": "states", "variables": ["mean", "sigma"]},
    ]
    return record


def test_a_frozen_group_accuses_only_what_does_not_mix():
    found = verdict(frozen_run(mean={"rhat_max": 2.3, "ess_bulk_min": 3.0}))
    assert found["component"] == "mean"
    for said in (
        "`sigma` and `odds` mix (R-hat at most 1.01, bulk ESS at least 950), `mean` does not (R-hat 2.3, bulk ESS 3)",
        "So look at `states`, which reads it, and at how it is written.",
        "Nothing here speaks against `pixels`.",
    ):
        assert said in found["interpretation"]
    assert "it is the culprit" not in found["interpretation"]


def test_a_frozen_variable_that_never_moved_does_not_mix():
    stuck = {"rhat_max": None, "ess_bulk_min": None, "ess_tail_min": None, "n_undefined": 8}
    assert "`mean` has no R-hat: it never moved" in verdict(frozen_run(mean=stuck))["interpretation"]


@pytest.mark.parametrize(
    "variables", [[], [variable("sigma")], [variable("sigma", rhat_max=3.0, ess_bulk_min=3.0)]]
)
def test_a_frozen_group_of_which_all_or_nothing_mixes_accuses_the_observation_model(variables):
    found = verdict(failing(7, run(divergences=50, variables=variables)))
    assert found["component"] == "observation model" and "it is the culprit" in found["interpretation"]


def test_a_baseline_that_fails_blames_the_core():
    assert "already ill-conditioned" in verdict(failing(3))["interpretation"]


@pytest.mark.parametrize(
    "broken",
    [
        own(mixture={"uniform_logp": math.inf}),
        own(mixture={"uniform_logp": -13.7, "invalid_contribution_max_abs": -math.inf}),
        own(mixture={"uniform_logp": -13.7, "invalid_contribution_max_abs": 1e-12}),
        own(mixture={"invalid_gradient_max_abs": math.nan}),
        own(hmm_micro={"max_relative_error": 0.3}),
    ],
)
def test_a_probe_of_the_case_that_finds_a_fault_blames_the_component_it_looks_at(broken):
    found = verdict(measured(4, **broken))
    assert (found["outcome"], found["cause_class"], found["component"]) == ("fail", "c", "use_a")


def test_a_probe_s_fault_names_the_component_beside_signs_of_bad_geometry():
    found = verdict(failing(4) | own(hmm_micro={"max_relative_error": 0.3}))
    assert (found["component"], found["cause_class"]) == ("use_a", "c")


@pytest.mark.parametrize(
    "sound",
    [
        own(
            mixture={
                "uniform_logp": -13.7,
                "invalid_contribution_max_abs": 0.0,
                "invalid_gradient_max_abs": 0.0,
            }
        ),
        own(hmm_micro={"max_relative_error": 1e-7}),
    ],
)
def test_a_probe_of_the_case_that_finds_nothing_passes(sound):
    assert verdict(measured(4, **sound))["outcome"] == "pass"


def test_a_probe_that_could_not_tell_is_no_pass():
    assert verdict(measured(4, **own(hmm_micro={"max_relative_error": None})))["outcome"] == "inconclusive"


# --- What the notes say ---


@pytest.mark.parametrize(
    ("changes", "name", "note"),
    [
        ({"divergences": 0}, "divergences_too_many", "0 of 4000 draws diverge (0 %)"),
        ({"divergences": None}, "divergences_too_many", "the number of divergences is not known"),
        (
            {"divergences": 40},
            "divergences_too_many",
            "40 of 4000 draws diverge (1 %); at least 0.72 % at 97.5 % confidence",
        ),
        ({"max_rhat": None, "variables": []}, "max_rhat", "the largest R-hat is not known"),
        ({"variables": []}, "max_rhat", "the largest R-hat is 1.004"),
        (
            {"variables": [variable("tau"), variable("theta", rhat_max=1.3), variable("mu")]},
            "max_rhat",
            "the largest R-hat is 1.3 (theta)",
        ),
        (
            {"variables": [variable("tau", n_undefined=1)]},
            "max_rhat",
            "the largest R-hat is 1.004 (tau), and undefined for some values",
        ),
        ({}, "min_ess", "the smallest effective sample size is 900 in 4000 draws"),
        ({"min_ebfmi": None, "ebfmi": []}, "min_ebfmi", "the smallest E-BFMI is not known"),
        ({"complete": False}, "run_complete", "the run ended early"),
    ],
)
def test_a_note_says_what_was_found(changes, name, note):
    assert check(long(**changes), name)["note"] == note


def test_recovery_is_judged_at_the_limit_of_agreement_and_said():
    record = measured(3, truth={"coverage_90": 0.85}, sampling_extended=run(max_rhat=thresholds.RHAT_MAX))
    assert check(record, "truth_coverage")["note"].startswith("85 % of the true values")
    record = measured(4, **own(hmm_micro={"max_relative_error": 1e-7}))
    assert check(record, "hmm_gradient_error")["note"].endswith("1e-07")
