"""The user's own run: what makes its arguments the answer, and what does not."""

import pytest
from verdict_records import check, failing, gradient, judged, logp, measured, run, variable, verdict

from faultline.core.sections.record import Record
from faultline.criteria.own_run import HAMILTONIAN, NO_GRADIENT, NUTS, passes
from faultline.diagnosis.groups import Groups
from faultline.diagnosis.summarise import summarise
from faultline.findings.own_run import call, instead

TRIED = {"divergences": 0, "n_draws": 4000, "max_rhat": 1.0, "min_ess": 900.0, "seconds": 2.0, "error": None}


def yours(sampling=None, arguments=None, **own):
    """The record of a run with ``tune=0``, whose draws diverge unless ``sampling`` says otherwise."""
    arguments = {"tune": 0} if arguments is None else arguments
    record = measured(3, kind="as_yours", group="group_5_as_yours", sampling=sampling or run(divergences=900))
    record["number"] = 5
    del record["sampling_extended"]
    record["asked"] |= {"components": {}, "as_yours": arguments}
    return record | {"as_yours": {"arguments": arguments, **own}}


def cured(cure, **changes):
    return yours(tried=[TRIED | {"change": cure, "passes": True}], cure=cure, **changes)


def whole(*records, sampling=None):
    """The summary of a model without components, whose own groups pass, and of these records."""
    plain = [
        measured(1, logp=logp()),
        measured(2, gradient=gradient()),
        sampling or measured(3),
    ]
    for record in plain:
        record["asked"]["components"] = {}
        record["model"]["free_rvs"] = [{"name": name, "size": 8} for name in ("tau", "theta")]
    return summarise([judged(record) for record in (*plain, *records)])


def test_an_argument_with_which_the_run_fails_and_without_which_it_passes_is_the_answer():
    found = verdict(cured({"tune": 1000}))
    assert (found["outcome"], found["cause_class"], found["component"]) == ("fail", "s", "tune")
    assert found["next_action"].startswith("Call pm.sample with `tune=1000`.")
    summary = whole(cured({"tune": 1000}))
    assert (summary["component"], summary["cause_class"], summary["confidence"]) == ("tune", "s", "medium")
    answer = summary["answer"]
    assert answer["headline"] == "settings: your run passes with tune=1000 in place of tune=0"
    assert answer["shown"][1]["note"].startswith("900 of 4000 draws diverge")
    assert answer["why"] == "the change was tried, and with it the run passes"


def test_a_model_that_fails_by_itself_comes_first():
    summary = whole(cured({"tune": 1000}), sampling=failing(3))
    assert summary["cause_class"] == "a" and summary["component"] != "tune"
    assert any(other.startswith("settings: your run passes") for other in summary["answer"]["also"])


def test_one_chain_proves_no_model_wrong_and_cannot_pass():
    record = cured({"chains": 4}, sampling=run(chains=1, n_draws=1000), arguments={"chains": 1})
    assert (verdict(record)["outcome"], verdict(record)["cause_class"]) == ("fail", "s")
    assert "the number of chains is 1" in verdict(record)["interpretation"]


def test_a_run_that_no_argument_cures_leaves_the_arguments_alone():
    tried = [TRIED | {"change": {"tune": 1000}, "passes": False}]
    found = verdict(yours(tried=tried))
    assert (found["outcome"], found["cause_class"], found["component"]) == ("fail", "a", None)
    assert "Your run passes with none of the other arguments that were tried" in found["interpretation"]
    assert check(yours(tried=tried), "arguments_sound")["passed"] is None, "that clears no argument"
    summary = whole(yours(tried=tried))
    assert summary["outcome"] == "fail" and summary["component"] is None
    assert summary["answer"]["headline"] == "your run fails, and the other runs of the same model pass"
    assert (summary["answer"]["sure"], summary["answer"]["why"]) == ("undecided", "the runs disagree")


def test_a_search_that_was_cut_short_clears_nothing():
    record = yours(stopped=True)
    assert check(record, "arguments_sound")["passed"] is None
    assert "The search for other arguments ended before it found any" in verdict(record)["interpretation"]


def test_a_run_that_passes_beside_a_model_that_fails_is_told():
    sound = yours(sampling=run())
    assert verdict(sound)["outcome"] == "pass"
    assert whole(sound)["outcome"] == "pass"
    summary = whole(sound, sampling=failing(3))
    assert "although your own run of the same model passes in group_5_as_yours" in summary["implication"]
    assert summary["confidence"] == "low"


def test_a_run_that_does_not_start_fails_for_a_reason_that_is_not_known():
    record = yours(error={"type": "SamplingError", "message": "Initial evaluation failed!"})
    del record["sampling"]
    found = verdict(record)
    assert (found["outcome"], found["cause_class"]) == ("fail", None)
    assert (
        "The run ended with SamplingError in pm.sample: Initial evaluation failed!" in found["interpretation"]
    )
    assert "another random_seed" not in whole(record)["next_action"]
    started = verdict(record | {"as_yours": {**record["as_yours"], "cure": {"init": "adapt_diag"}}})
    assert (started["cause_class"], started["component"]) == ("s", "init")
    assert "all chains start where the model says" in started["next_action"]


@pytest.mark.parametrize(
    ("moves", "outcome"), [(NO_GRADIENT, "pass"), (HAMILTONIAN, "inconclusive"), (NUTS, "inconclusive")]
)
def test_steps_without_a_gradient_have_no_trajectories_to_judge(moves, outcome):
    none = {"divergences": None, "max_treedepth_fraction": None, "min_ebfmi": None, "ebfmi": []}
    found = verdict(yours(sampling=run(**none), moves=moves))
    assert found["outcome"] == outcome
    if outcome != "pass":
        assert found["next_action"].startswith("Find out why this is not known, which a pass needs: ")


def test_only_too_few_draws_call_for_more():
    found = verdict(yours(sampling=run(min_ess=300.0)))
    assert (found["outcome"], found["next_action"]) == ("inconclusive", "Make more draws with pm.sample.")


@pytest.mark.parametrize(
    ("figures", "moves", "sound"),
    [
        (run(), NUTS, True),
        (run(divergences=900), NUTS, False),
        (run(min_ess=300.0), NUTS, False),
        (run(divergences=None), NUTS, False),
        (run(divergences=None), NO_GRADIENT, True),
        ({"error": {"type": "ValueError", "message": "no"}}, NUTS, False),
    ],
)
def test_a_run_passes_if_all_that_means_something_for_it_is_known_and_holds(figures, moves, sound):
    assert passes(figures, moves) is sound


def test_the_user_s_run_is_all_that_fails_only_where_something_else_passed():
    own = judged(yours())
    assert Groups([Record.of(own)]).only_theirs_fail == []
    assert Groups(map(Record.of, (judged(failing(3)), own))).only_theirs_fail == []
    assert len(Groups(map(Record.of, (judged(measured(3)), own))).only_theirs_fail) == 1


def test_hamiltonian_monte_carlo_has_no_tree():
    assert verdict(yours(sampling=run(max_treedepth_fraction=None), moves=HAMILTONIAN))["outcome"] == "pass"


def test_a_run_that_is_only_too_short_is_no_failure():
    record = cured({"draws": 1000}, sampling=run(min_ess=300.0), arguments={"draws": 300})
    found = verdict(record)
    assert (found["outcome"], found["cause_class"]) == ("inconclusive", None)
    assert found["next_action"] == "Call pm.sample with `draws=1000`."
    summary = whole(record)
    assert summary["outcome"] == "inconclusive" and summary["next_action"] == found["next_action"]
    assert (
        summary["answer"]["headline"] == "your run does not pass, and the other runs of the same model pass"
    )


def test_a_run_that_came_to_no_end_speaks_against_nothing():
    ended = {"stage": "as_yours", "type": "TimeLimit", "message": "too slow", "traceback": ""}
    record = yours() | {"error": ended, "as_yours": {}}
    del record["sampling"]
    assert "with pm.sample(tune=0)" in verdict(record)["interpretation"]
    summary = whole(record)
    assert (summary["outcome"], summary["confidence"]) == ("pass", "low")
    assert summary["answer"]["also"] == ["your own run came to no end (group_5_as_yours)"]


@pytest.mark.parametrize(
    ("arguments", "change", "said"),
    [
        ({"tune": 0, "chains": 1}, {"tune": 1000}, "tune=1000 in place of tune=0"),
        ({}, {"init": "adapt_diag"}, "init='adapt_diag'"),
        ({"step": "Slice"}, {"step": None}, "PyMC's own choice in place of step=pm.Slice()"),
        (
            {"step": "Slice", "initvals": {"mu": [1.0] * 99}, "init": "advi"},
            {"step": None, "initvals": None, "init": None},
            "PyMC's own choice in place of step=pm.Slice(), initvals=... and init='advi'",
        ),
        (
            {"seed": 3, "draws": 9},
            {"seed": None, "draws": 1000},
            "draws=1000 in place of draws=9 and PyMC's own choice in place of random_seed=3",
        ),
    ],
)
def test_a_change_is_said_as_one_writes_it(arguments, change, said):
    assert instead(arguments, change) == said


def test_a_call_is_said_as_one_writes_it():
    assert (
        call({"tune": 0, "step": "Slice"}) == "pm.sample(tune=0, step=pm.Slice())"
        and call({}) == "pm.sample()"
    )


def given(number=5, **changes):
    """The record of draws, which diverge unless something else is said."""
    record = measured(3, kind="draws", group=f"group_{number}_draws_as_given")
    del record["sampling_extended"]
    return record | {"number": number, "sampling": run(**({"divergences": 900} | changes))}


def test_draws_that_fail_beside_a_model_that_samples_ask_for_the_arguments():
    summary = whole(given())
    assert summary["outcome"] == "fail" and summary["component"] is None
    assert summary["answer"]["headline"] == "your draws fail, and the other runs of the same model pass"
    assert summary["next_action"].startswith("Give the arguments of your pm.sample as as_yours")
    assert "Every run of this model passes but your own, in group_5_draws_as_given." in summary["implication"]


def test_draws_of_a_run_whose_argument_is_at_fault_add_to_it():
    summary = whole(cured({"tune": 1000}), given(6))
    assert (summary["component"], summary["cause_class"]) == ("tune", "s")


@pytest.mark.parametrize("rows", [[variable("eta")], [variable("tau"), variable("theta", size=3)]])
def test_nothing_is_concluded_from_draws_of_another_model(rows):
    for divergences in (0, 900):
        summary = whole(given(divergences=divergences, variables=rows))
        assert (summary["outcome"], summary["answer"]["headline"].partition(":")[0]) == (
            "pass",
            "no fault found",
        )
        assert summary["answer"]["also"] == ["the draws are of another model (group_5_draws_as_given)"]
        assert "Nothing is concluded from them." in summary["implication"]
        assert not any(row["group"] == "group_5_draws_as_given" for row in summary["ruled_out"])
    # What else is the user's own still counts.
    both = whole(yours(), given(6, variables=rows))
    assert both["answer"]["headline"] == "your run fails, and the other runs of the same model pass"


def test_some_of_the_variables_can_fail_the_model_and_cannot_pass_it():
    part = [variable("tau")]
    assert whole(given(variables=part))["answer"]["headline"].startswith("your draws fail")
    said = "your own run of the same model passes"
    assert said not in whole(given(divergences=0, variables=part), sampling=failing(3))["implication"]
    assert said in whole(given(divergences=0), sampling=failing(3))["implication"]


def test_draws_that_fail_where_the_same_call_passes():
    summary = whole(yours(sampling=run()), given(6))
    assert summary["answer"]["headline"] == "your draws fail, and the same call, made again, passes"
    assert summary["next_action"].startswith("Use the draws of group_5_as_yours")


@pytest.mark.parametrize("changes", [{}, {"divergences": 0, "min_ess": 300.0}])
def test_beside_a_model_nobody_asks_for_the_model(changes):
    assert "the model as well" not in verdict(given(**changes))["next_action"]
    assert "the model as well" in verdict(given(1, **changes))["next_action"]


def test_draws_that_are_too_few_or_say_too_little_blame_no_sampler():
    few = whole(given(divergences=0, min_ess=300.0))
    assert few["answer"]["headline"] == "your draws do not pass, and the other runs of the same model pass"
    assert few["next_action"] == "Draw more."
    silent = whole(given(divergences=None))
    assert silent["answer"]["headline"] == "no answer yet: the groups that ran cannot decide"
    assert "Keep what the sampler says of itself" in silent["next_action"]


MINIBATCH = {"random": [{"factor": "y", "kind": "minibatch", "drawn": ["minibatch.0"]}]}


@pytest.mark.parametrize(
    ("as_it_is", "with_all_data", "said"),
    [
        (
            TRIED,
            True,
            "pm.sample makes draws all the same, but they are of no posterior; with all of the data in place of the minibatch, your run passes",
        ),
        (
            TRIED | {"error": {"type": "AttributeError", "message": "no ndim"}},
            False,
            "pm.sample ends with AttributeError: no ndim; with all of the data in place of the minibatch, your run does not pass.",
        ),
        (None, None, "differs from one evaluation to the next."),
    ],
)
def test_a_run_on_minibatches_is_told_with_what_all_of_the_data_give(as_it_is, with_all_data, said):
    tried = None if with_all_data is None else TRIED | {"change": {}, "passes": with_all_data}
    record = yours(with_minibatch=as_it_is, with_all_data=tried) | {"probes": MINIBATCH}
    del record["sampling"]
    found = verdict(record)
    assert (found["outcome"], found["component"], found["cause_class"]) == ("fail", "y", "s")
    assert (
        said in found["interpretation"] and "all of its data instead of pm.Minibatch" in found["next_action"]
    )
    plain = [measured(number, probes=MINIBATCH) for number in (1, 2, 3)]
    for other in plain:
        other["asked"]["components"] = {}
    summary = summarise([judged(other) for other in (*plain, record)])
    assert summary["answer"]["headline"] == "settings: `y` reads a minibatch, which NUTS cannot sample"
    assert (summary["cause_class"], summary["confidence"]) == ("s", "high")
