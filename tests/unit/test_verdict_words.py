"""What the pages say of one group: which figures stand in its paragraph, which stay out, and what to do first."""

import math

import pytest
from test_verdict_apart import bend, condition, fit, taken_apart
from test_verdict_apart import failing as taken_apart_failing
from test_verdict_as_yours import TRIED, given, yours
from test_verdict_endings import ended
from test_verdict_sampling import long
from verdict_records import failing, gradient, logp, measured, own, run, variable, verdict

from faultline.diagnosis.interpretation import against_limit


def paragraph(record):
    return verdict(record)["interpretation"]


def action(record):
    return verdict(record)["next_action"]


# --- The paragraph ---


def test_a_sound_run_is_told_by_its_figures_and_not_by_its_formalities():
    said = paragraph(long())
    assert said == (
        "This group passes: sampling with every component off. Found: 0 of 4000 draws diverge (0 %); the largest R-hat is 1.004 (tau); "
        "the share of draws cut off at the maximum tree depth is 0; the smallest E-BFMI is 0.9; the smallest effective sample size is 900 in "
        "4000 draws. That shows that this configuration samples with 80 frames; it shows neither that the model is right nor that it samples "
        "at full size."
    )


def test_a_failing_run_is_told_by_what_is_known_to_be_wrong_each_figure_once():
    said = paragraph(long(divergences=900, max_rhat=1.02, min_ebfmi=None, ebfmi=[]))
    assert "Also not good enough for a pass: the largest R-hat is 1.02 (tau)." in said
    assert said.count("draws diverge") == 1 and "not known" not in said


def test_what_an_undecided_run_lacks_is_what_is_not_known_and_what_is_not_good_enough():
    said = paragraph(long(max_rhat=1.02, min_ebfmi=None, ebfmi=[]))
    assert (
        "What is missing for a pass: the smallest E-BFMI is not known; the largest R-hat is 1.02 (tau)."
        in said
    )
    assert "effective sample size" not in said


@pytest.mark.parametrize(
    ("comparison", "threshold", "said"),
    [
        ("<=", 0.5, "found (limit: at most 0.5)"),
        (">=", 400, "found (limit: at least 400)"),
        ("<=", 0, "found"),
        ("==", 4, "found"),
        ("<=", None, "found"),
        ("<=", math.inf, "found"),
    ],
)
def test_a_figure_is_told_with_the_limit_that_it_breaks_where_that_says_more(comparison, threshold, said):
    assert against_limit({"note": "found", "comparison": comparison, "threshold": threshold}) == said


@pytest.mark.parametrize(("length", "rest"), [(300, ""), (301, " [...]")])
def test_a_very_long_message_is_cut(length, rest):
    said = paragraph(ended("ValueError", message="x" * length))
    assert f"in stage sample: {'x' * 300}{rest}." in said and "x" * 301 not in said


def test_an_end_without_a_message_says_that_there_is_none():
    assert "It ended with ValueError in stage sample: no message." in paragraph(
        ended("ValueError", message=None)
    )


def test_a_run_that_was_stopped_while_it_sampled_says_nothing_of_compiling():
    stopped = ended("TimeLimit", number=2) | {
        "timings": {"first_gradient": 0.9},
        "gradient": {"n": 5, "n_nan": 0, "n_inf": 0},
    }
    assert "Evaluated without compiling" not in paragraph(stopped)


# --- What to do ---


def test_a_limit_is_raised_wherever_it_was_reached():
    said = action(ended("TimeLimit", where="model.py line 5, in build"))
    assert said.startswith("Raise the limit that was hit")


def test_of_the_remedies_for_a_run_the_first_two_are_given():
    broken = run(min_ebfmi=0.05, divergences=900, max_treedepth_fraction=0.9, max_rhat=1.7, min_ess=20.0)
    said = action(measured(3, sampling_extended=broken))
    assert "use a non-centered parameterization" in said and "reparameterize these variables" in said
    assert "bring these variables to similar scales" not in said and "trace plot" not in said


def test_a_model_that_needs_a_longer_tuning_is_told_so_and_a_sound_one_is_not():
    needs = measured(3, sampling=run(False, divergences=48))
    assert "Tune it for at least 1000 steps: after 300 its chains still fail." in action(needs)
    assert "Tune it" not in action(measured(3))


def test_figures_that_are_missing_are_named_and_others_are_not():
    said = action(long(min_ebfmi=None, ebfmi=[], min_ess=300.0))
    assert "Some figures are missing: the smallest E-BFMI is not known." in said
    assert "missing" not in action(long(min_ess=300.0))


def test_a_gradient_that_was_not_finite_everywhere_is_no_settled_question():
    """Only what is not known is to be found out, not what passed."""
    said = action(measured(2, gradient=gradient(finite_differences={"factors": []})))
    assert (
        said == "Find out why this was not measured: the gradient was not compared with finite differences."
    )


# --- Who is accused ---


@pytest.mark.parametrize(
    ("record", "component"),
    [
        (failing(4), None),
        (measured(4, **own(hmm_micro={"max_relative_error": 0.3})), "use_a"),
        (measured(6, **own(hmm_micro={"max_relative_error": 0.3})), None),
        (failing(3), "core model"),
        (failing(6), None),
    ],
    ids=["a sign of bad geometry", "a probe", "a probe of two components", "the core", "two components"],
)
def test_one_group_alone_accuses_a_component_only_by_a_probe_of_it(record, component):
    assert verdict(record)["component"] == component


def test_a_start_that_is_broken_is_told_apart_from_how_the_sampler_moves():
    terms = [{"name": "y", "value": -math.inf, "n_elements": 8, "n_nan": 0, "n_inf": 1}]
    broken = failing(3) | {"logp": logp(total=-math.inf, terms=terms)}
    assert (
        "The start itself is broken, so what the sampler does says nothing about the geometry."
        in paragraph(broken)
    )
    assert "The start itself is broken" not in paragraph(failing(3))


def test_chains_that_agree_on_another_truth_are_not_called_ill_conditioned():
    said = paragraph(measured(3, truth={"coverage_90": 0.2}))
    assert "The chains agree with each other but not with the truth" in said
    assert "ill-conditioned" not in said and "The chains disagree" not in said


def test_chains_that_disagree_are_said_to():
    said = paragraph(measured(3, sampling_extended=run(max_rhat=2.5)))
    assert "The chains disagree: their draws do not describe one distribution" in said
    assert "The chains disagree" not in paragraph(failing(3))


def test_of_a_model_taken_apart_only_what_was_confirmed_gets_a_remedy():
    apart = taken_apart_failing(
        condition("tau"),
        condition("theta"),
        condition("mu", per_1000=0.1, rhat=1.3),
        curvature={"bends": [bend("tau", "theta"), bend("s", "z", 2.0)], "null": []},
    )
    said = action(taken_apart(**apart))
    assert "`theta`" in said and "`z`" not in said


def test_a_search_without_draws_asks_for_more_time_and_one_that_is_open_for_more_draws():
    skipped = [{"what": "everything else", "reason": "no draw was made in time"}]
    none = taken_apart(base={"n_draws": 0}, skipped=skipped)
    assert action(none) == (
        "Run this group again with more time (limits.apart): it has no draws to judge (no draw was made in time)."
    )
    assert action(taken_apart(base=fit(rhat=1.013))).startswith(
        "More draws are needed: in this group the model"
    )


# --- The user's own run ---


def test_what_the_user_s_run_lacks_is_named_without_the_arguments():
    record = yours(sampling=run(min_ebfmi=None, ebfmi=[]))
    said = action(record)
    assert said.startswith(
        "Find out why this is not known, which a pass needs: the smallest E-BFMI is not known"
    )
    assert "argument" not in said


def test_draws_of_the_user_s_are_told_by_what_they_lack():
    one = given(1, divergences=0, chains=1, n_draws=1000, min_ess=500.0)
    assert action(one).startswith("Run at least two chains. Or give the model as well.")
    silent = given(1, divergences=None)
    assert action(silent).startswith(
        "Keep what the sampler says of itself (sample_stats: diverging, energy, tree_depth)."
    )
    few = given(1, divergences=0, min_ess=300.0)
    assert action(few).startswith("Draw more. Or give the model as well.")


def test_draws_alone_and_beside_a_model_are_told_apart():
    assert "Draws alone do not tell which part of the model makes them fail." in paragraph(given(1))
    assert "The groups that sample the model show whether it fails by itself." in paragraph(given())


def test_an_argument_that_cures_is_what_to_change_and_nothing_else():
    record = yours(tried=[TRIED | {"change": {"tune": 1000}, "passes": True}], cure={"tune": 1000})
    assert action(record).startswith("Call pm.sample with `tune=1000`.")
    assert "reparameterize" not in action(record) and "reparameterize" in action(yours())
    assert "so the arguments are at fault" in paragraph(record)


def test_the_variables_to_begin_with_are_those_that_agree_least():
    rows = [variable("tau"), variable("theta", rhat_max=2.4, ess_bulk_min=3.0)]
    said = action(measured(3, sampling_extended=run(divergences=900, max_rhat=2.4, variables=rows)))
    assert "Begin with `theta`" in said
