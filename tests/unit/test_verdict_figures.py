"""The figures of one run of the sampler that decide, and what is said of its chains, each at its limit."""

import math

import pytest
from verdict_records import run, variable

from faultline.core.sections.ablation import Ablation
from faultline.core.sections.run import Run
from faultline.criteria import run_statistics
from faultline.criteria.run_statistics import (
    far_below,
    faults,
    in_modes,
    judged_section,
    read,
    sample_on,
    standards,
)
from faultline.findings import chains


def passed(sampling, name):
    """Of a check of a run; None where it is not made."""
    figures = read(sampling)
    return next((c.passed for c in [*faults(figures), *standards(figures)] if c.name == name), None)


# --- how long a run is


@pytest.mark.parametrize(
    ("chains", "n_draws", "long", "tiny"),
    [
        (4, 4 * 500, True, False),
        (4, 4 * 499, False, False),
        (4, 4 * 50, False, False),
        (4, 4 * 49, False, True),
        # Of unknown length: neither.
        (None, 4000, False, False),
        (None, 40, False, False),
        (4, None, False, False),
        (0, 0, False, False),
    ],
)
def test_how_long_a_run_is_by_the_draws_of_one_chain(chains, n_draws, long, tiny):
    figures = read(run(chains=chains, n_draws=n_draws))
    assert (figures.long, figures.tiny) == (long, tiny)


def test_the_share_of_divergent_draws_needs_both_counts():
    assert read(run(divergences=0)).divergent_share == 0.0
    assert read(run(divergences=40)).divergent_share == pytest.approx(0.00715, abs=1e-5)
    assert read(run(divergences=None)).divergent_share is None
    assert read(run(n_draws=None, divergences=40)).divergent_share is None
    assert read(run(n_draws=0, divergences=0)).divergent_share is None


# --- the worst of what is known


def test_what_cannot_vary_counts_among_the_figures_only_as_far_as_it_varies():
    """A Cholesky factor has zeros that never move: of them no R-hat is expected."""
    fixed = variable("zeros", size=3, n_determined=3, rhat_max=None, ess_bulk_min=None, ess_tail_min=None)
    figures = read(run(variables=[variable("tau"), fixed]))
    assert (figures.rhat_partly, figures.ess_partly) == (False, False)
    partly = variable("corr", size=3, n_determined=2, rhat_max=1.3, ess_bulk_min=50.0)
    figures = read(run(variables=[variable("tau"), partly]))
    assert (figures.rhat, figures.ess) == (1.3, 50.0)


def test_values_whose_figures_are_not_defined_leave_them_known_in_part():
    figures = read(run(variables=[variable("tau", n_undefined=2)]))
    assert (figures.rhat_partly, figures.ess_partly) == (True, True)
    assert (figures.rhat, figures.ess) == (1.004, 900.0)


def test_how_many_values_there_are_and_how_far_the_slowest_chain_moves():
    moves = ({"moves": 0.9}, None, {"moves": 0.4})
    figures = read(run(chains_movement=moves))
    assert (figures.n_values, figures.movement) == (16, 0.4)
    assert read(run(variables=[], chains_movement=(None,))).n_values is None
    assert read(run(variables=[], chains_movement=(None,))).movement is None


@pytest.mark.parametrize(
    ("ends", "start", "drop"),
    [
        ((-100.0, -130.0), None, 30.0),
        ((-100.0, -130.0), -90.0, 40.0),
        ((-100.0, -130.0), -500.0, 30.0),
        ((-100.0, math.nan), -90.0, 10.0),
        ((-100.0,), None, None),  # nothing to compare with
        ((), -90.0, None),
        ((None,), -90.0, None),
    ],
)
def test_how_far_the_lowest_chain_ends_below_the_best_log_probability_known(ends, start, drop):
    assert read(run(chains_logp_end=ends, start_logp=start)).drop == drop


# --- which run is wanted next


def test_where_a_run_of_few_draws_decides_nothing_its_r_hat_and_trees_are_no_fault():
    tiny = run(
        False, n_draws=98, max_rhat=2.6, max_treedepth_fraction=0.9, chains_movement=({"moves": 0.01},)
    )
    assert passed(tiny, "chains_together") is None and passed(tiny, "tree_depth_not_saturated") is None
    assert passed(tiny, "chains_move") is None
    assert run_statistics.undecided(tiny) is True


@pytest.mark.parametrize(
    ("sampling", "undecided", "sound"),
    [
        (run(), False, True),
        (run(min_ess=300.0), True, False),
        (run(min_ess=None), True, False),
        (run(divergences=900), False, False),
        (run(divergences=900, min_ess=300.0), False, False),
    ],
)
def test_a_run_is_undecided_if_it_neither_passes_nor_proves_a_failure(sampling, undecided, sound):
    assert run_statistics.undecided(sampling) is undecided
    assert run_statistics.passes(sampling) is sound


def test_the_reason_to_sample_on_says_what_is_known_only_in_part():
    wanted, reason = sample_on(run(variables=[variable("tau", n_undefined=1)]))
    assert wanted == "extended"
    assert (
        "R-hat is known only in part" in reason
        and "the effective sample size is known only in part" in reason
    )
    _, reason = sample_on(run(min_ess=300.0, variables=[]))
    assert reason == "the effective sample size is 300, wanted at least 400"
    _, reason = sample_on(run(divergences=None))
    assert reason == "the share of divergent draws is unknown; the share of divergent draws is unknown"


def test_draws_that_never_got_off_the_floor_are_a_failure_beside_chains_that_disagree():
    saturated = {"max_treedepth_fraction": 0.6}
    assert passed(run(False, max_rhat=1.31, **saturated), "tree_depth_not_saturated") is False
    assert passed(run(False, max_rhat=1.3, **saturated), "tree_depth_not_saturated") is None
    assert passed(run(False, max_rhat=None, variables=[], **saturated), "tree_depth_not_saturated") is None
    assert passed(run(**saturated), "tree_depth_not_saturated") is False
    assert passed(run(False), "tree_depth_not_saturated") is True


@pytest.mark.parametrize(
    ("changes", "checked"),
    [
        ({"max_rhat": 1.5}, False),
        ({"max_rhat": 1.01, "variables": [variable("tau", rhat_max=1.01)]}, None),  # they agree
        ({"max_rhat": None, "variables": [variable("tau", rhat_max=None)]}, False),
        ({"variables": [variable("tau", n_undefined=1)]}, False),
        ({"max_rhat": 1.5, "variables": []}, None),  # of how many values is not known
        ({"max_rhat": 1.5, "chains_logp_end": []}, None),
    ],
)
def test_chains_are_held_against_each_other_s_log_probability_only_where_they_disagree(changes, checked):
    sampling = run(**{"chains_logp_end": [-100.0, -900.0], **changes})
    assert passed(sampling, "chains_level") is checked


def test_how_far_below_by_the_number_of_values():
    assert far_below(2) == pytest.approx(1 + 5)
    assert far_below(200) == pytest.approx(100 + 5 * 10)


# --- which run is judged, and where chains are


def test_the_longer_run_is_judged_where_it_has_more_draws():
    first, longer = {"n_draws": 200}, {"n_draws": 4000}
    assert judged_section({"sampling": first, "sampling_extended": longer}) == "sampling_extended"
    assert judged_section({"sampling": longer, "sampling_extended": longer}) == "sampling"
    assert judged_section({"sampling": first}) == "sampling"


@pytest.mark.parametrize(
    ("places", "valley", "modes"),
    [(2, 3.1, True), (2, 3.0, False), (2, None, False), (1, 40.0, False), (1, None, False)],
)
def test_chains_are_in_different_modes_only_across_a_valley(places, valley, modes):
    assert in_modes(Ablation.of({"modes": {"places": places, "valley": valley}})) is modes


# --- what is said of chains


def moving(*values):
    return Run.of(run(chains_movement=[value if value is None else {"moves": value} for value in values]))


@pytest.mark.parametrize(
    ("values", "said"),
    [
        (
            (1.0, 0.05),
            "every chain moves: from draw to draw, at least 0.05 times as far as the rest of the run",
        ),
        ((1.0, 0.049), "chain 1 hardly moves: from draw to draw, 0.049 times as far as the rest of the run"),
        (
            (0.03, None, 0.02, 1.0),
            "chains 0 and 2 hardly move: from draw to draw, 0.02 times as far as the rest of the run",
        ),
        ((0.03, 0.0), "chains 0 and 1 hardly move: most draws repeat the previous one"),
        ((None,), "every chain moves: from draw to draw, at least 1 times as far as the rest of the run"),
    ],
)
def test_chains_that_hardly_move_are_named(values, said):
    assert chains.stuck(moving(*values)) == said


@pytest.mark.parametrize(
    ("ends", "start", "said"),
    [
        (
            (-100.0, -110.0),
            -90.0,
            "no chain ends far below another, nor below the log-probability at the start",
        ),
        (
            (-100.0, -900.0, -800.0),
            None,
            "chains 1 and 2 end at a log-probability of -900, -800, far below the -100 of chain 0: draws of one "
            "distribution of 16 values differ by at most 22",
        ),
        (
            (-900.0, -100.0),
            -100.0,
            "chain 0 ends at a log-probability of -900, far below the -100 of chain 1: draws of one distribution of 16 "
            "values differ by at most 22",
        ),
        (
            (-900.0, -100.0),
            -50.0,
            "chains 0 and 1 end at a log-probability of -900, -100, far below the -50 at the start: draws of one "
            "distribution of 16 values differ by at most 22",
        ),
    ],
)
def test_chains_that_end_far_below_are_named_with_what_they_are_below(ends, start, said):
    sampling = Run.of(run(max_rhat=2.5, chains_logp_end=ends, start_logp=start))
    assert chains.below(sampling, read(sampling)) == said


def test_of_an_unknown_number_of_values_no_chain_is_far_below():
    sampling = Run.of(run(variables=[], chains_logp_end=(-100.0, -900.0)))
    assert chains.below(sampling, read(sampling)).startswith("no chain ends far below another")


@pytest.mark.parametrize(
    ("start", "advice"),
    [
        (
            None,
            "Find out what keeps chain 1 in a region of negligible probability: start all chains where chain 0 is.",
        ),
        (
            -100.0,
            "Find out what keeps chain 1 in a region of negligible probability: start all chains where chain 0 is.",
        ),
        (
            -50.0,
            'Start every chain at the initial values themselves, without jitter (`init="adapt_diag"`), and see whether the '
            "chains stay there; if the model has no good initial values yet, give it some (`initval`).",
        ),
    ],
)
def test_chains_far_below_are_sent_to_the_best_place_known(start, advice):
    sampling = Run.of(run(max_rhat=2.5, chains_logp_end=(-100.0, -900.0), start_logp=start))
    figures = read(sampling)
    assert chains.advice(sampling, figures, standards(figures)) == [advice]


def test_of_stuck_chains_only_they_are_left_out():
    sampling = moving(1.0, 0.04, None, 0.05)
    figures = read(sampling)
    assert chains.advice(sampling, figures, standards(figures)) == [
        "See in the trace plot where chain 1 got stuck, and compare only the other chains with each other."
    ]
    sound = moving(1.0, 0.9)
    assert chains.advice(sound, read(sound), standards(read(sound))) == []
