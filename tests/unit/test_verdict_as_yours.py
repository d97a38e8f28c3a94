"""The user's own run: what makes its arguments the answer, and what does not."""

import pytest
from verdict_records import check, failing, gradient, judged, logp, measured, run, variable, verdict

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
    assert "with tune=1000 in place of tune=0 either, so the arguments are not why" in found["interpretation"]
    summary = whole(yours(tried=tried))
    assert summary["outcome"] == "fail" and summary["component"] is None
    assert summary["answer"]["headline"] == "your run fails, and the other runs of the same model pass"
    assert (summary["answer"]["sure"], summary["answer"]["why"]) == ("undecided", "the runs disagree")


def test_a_search_that_was_cut_short_clears_nothing():
    record = yours(stopped=True)
    assert check(record, "arguments_sound")["passed"] is None
    assert "No time was left" in verdict(record)["interpretation"]


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
    assert "Pm.sample ends with SamplingError: Initial evaluation failed!" in found["interpretation"]
    started = verdict(record | {"as_yours": {**record["as_yours"], "cure": {"init": "adapt_diag"}}})
    assert (started["cause_class"], started["component"]) == ("s", "init")
    assert "The chains then start where the model says" in started["next_action"]


@pytest.mark.parametrize(
    ("step", "outcome"), [("Metropolis", "pass"), ("HamiltonianMC", "inconclusive"), (None, "inconclusive")]
)
def test_steps_without_a_gradient_have_no_trajectories_to_judge(step, outcome):
    none = {"divergences": None, "max_treedepth_fraction": None, "min_ebfmi": None, "ebfmi": []}
    record = yours(sampling=run(**none), arguments={"step": step} if step else {"tune": 500})
    assert verdict(record)["outcome"] == outcome


def test_hamiltonian_monte_carlo_has_no_tree():
    record = yours(sampling=run(max_treedepth_fraction=None), arguments={"step": "HamiltonianMC"})
    assert verdict(record)["outcome"] == "pass"


@pytest.mark.parametrize(
    ("arguments", "change", "said"),
    [
        ({"tune": 0, "chains": 1}, {"tune": 1000}, "tune=1000 in place of tune=0"),
        ({}, {"init": "adapt_diag"}, "init='adapt_diag'"),
        ({"step": "Slice"}, {"step": None}, "PyMC's own choice in place of step=pm.Slice()"),
        (
            {"seed": 3, "draws": 9},
            {"seed": None, "draws": 1000},
            "PyMC's own choice in place of random_seed=3 and draws=1000 in place of draws=9",
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
    assert summary["answer"]["headline"] == "your run fails, and the other runs of the same model pass"
    assert summary["next_action"].startswith("Give the arguments of your pm.sample as as_yours")
    assert "Only your own run does not pass, in group_5_draws_as_given" in summary["implication"]


def test_draws_of_a_run_whose_argument_is_at_fault_add_to_it():
    summary = whole(cured({"tune": 1000}), given(6))
    assert (summary["component"], summary["cause_class"]) == ("tune", "s")


def test_draws_of_another_model_are_compared_with_nothing():
    other = given(variables=[variable("tau"), variable("eta")])
    summary = whole(other)
    assert summary["answer"]["headline"] == "the draws are not of this model: they have no `theta`"
    assert "nothing is concluded from them" in summary["implication"]
    sound = given(divergences=0, variables=[variable("tau")])
    assert "your own run of the same model" not in whole(sound, sampling=failing(3))["implication"]
    assert "your own run of the same model" in whole(given(divergences=0), sampling=failing(3))["implication"]


@pytest.mark.parametrize("changes", [{}, {"divergences": 0, "min_ess": 300.0}])
def test_beside_a_model_nobody_asks_for_the_model(changes):
    assert "the model as well" not in verdict(given(**changes))["next_action"]
    assert "the model as well" in verdict(given(1, **changes))["next_action"]


def test_draws_that_are_too_few_or_say_too_little_blame_no_sampler():
    few = whole(given(divergences=0, min_ess=300.0))
    assert few["answer"]["headline"] == "your run does not pass, and the other runs of the same model pass"
    assert few["next_action"] == "Draw more."
    silent = whole(given(divergences=None))
    assert silent["answer"]["headline"] == "no answer yet: the groups that ran cannot decide"
    assert "Keep what the sampler says of itself" in silent["next_action"]
