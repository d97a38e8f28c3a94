"""What groups mean beside each other, in the sentences that a user reads: which fault comes first, and what is left unsaid."""

import math

import pytest
from test_remedies_answer import CURE, METRIC, arm, remedies
from test_verdict_apart import (
    bare_ladder,
    bend,
    condition,
    fit,
    in_tail,
    taken_apart,
    undecided,
    whole_ladder,
)
from test_verdict_apart import failing as taken_apart_failing
from test_verdict_as_yours import cured, given, whole, yours
from test_verdict_summary import ALL_FAIL, answer, counted_twice, said, stopped, wrong_gradient
from verdict_records import ROTATION_CURES, failing, gradient, judged, ladder, logp, measured, run, sized

from faultline.diagnosis.summarise import failing_run, summarise

FUNNEL = taken_apart_failing(
    condition("tau"), condition("theta"), curvature={"bends": [bend("tau", "theta")], "null": []}
)


def names(summary):
    return [suspect["names"] for suspect in summary["suspects"]]


def felt(**changes):
    """Group 2, in which the variable theta feels a gradient that is not finite."""
    rows = [{"name": "theta", "share": None, "n_nonfinite": 1}]
    return measured(2, gradient=gradient(n_nan=1, share_by_variable=rows), **changes)


# --- Which run fails ---


@pytest.mark.parametrize(
    ("changed", "group"),
    [
        ({}, None),
        ({"g1": counted_twice("y", "extra")}, None),
        ({"g4": failing(4), "g6": failing(6)}, "group_4_sampling_a_only"),
        ({"g7": failing(7)}, None),
        ({"g4": stopped(4, "ValueError")}, None),
    ],
)
def test_the_run_to_make_smaller_is_the_first_whose_draws_fail_with_nothing_held(changed, group):
    assert failing_run(summarise(ladder(**changed))) == group


# --- Faults that were measured ---


def test_a_variable_that_feels_a_broken_gradient_is_the_answer_where_nothing_says_what_breaks_it():
    found = summarise(ladder(g2=felt()))
    assert found["component"] == "theta"
    assert said(found) == "a bug: the gradient of `theta` is not finite at the start"


def test_what_feels_a_broken_gradient_does_not_make_a_failing_core_a_bug():
    found = summarise(ladder(g2=felt(), g3=failing(3)))
    assert (found["component"], found["cause_class"]) == ("core model", "a")


def wrong_data():
    rows = [{"name": "y", "n": 9, "size": 9, "index": [0], "given": 0.5, "kept": 0}]
    return measured(1, probes={"data": {"coerced": rows}})


def test_wrong_data_explain_no_failure_where_nothing_fails():
    found = summarise(ladder(g1=wrong_data()))
    assert found["component"] == "y"
    assert "No sampling group is known to fail; what is established is the fault" in found["implication"]


def test_a_prior_against_the_data_is_explained_by_wrong_data_only():
    records = [counted_twice("y", "theta"), measured(2), measured(3), taken_apart(**in_tail(-30.0))]
    found = bare_ladder(records)
    assert "in the smallest model that fails" not in found["implication"]


def test_two_faults_of_one_group_are_told_once():
    terms = [{"name": "tau", "value": -math.inf, "n_inf": 1}, {"name": "y", "value": math.nan, "n_nan": 1}]
    found = summarise(ladder(g1=measured(1, logp=logp(total=math.nan, terms=terms))))
    assert "Also found" not in found["implication"]


def test_a_fault_without_a_name_is_no_component_s():
    broken = gradient()
    broken["perturbations"][0]["finite"] = False
    assert summarise(ladder(g2=measured(2, gradient=broken)))["suspects"][0]["component"] is None


def test_a_fault_in_one_of_two_components_that_tie_is_the_class_of_that_one_only():
    found = summarise(ladder(g2=wrong_gradient("beta"), g4=failing(4), g5=failing(5)))
    causes = {tuple(row["names"]): row["cause_class"] for row in found["suspects"]}
    assert (causes["use_a",], causes["use_b",]) == ("a", "c")


def test_a_bug_keeps_its_class_where_a_rewrite_was_tried():
    found = summarise(ladder(g2=wrong_gradient("theta"), g3=failing(3)), remedies=ROTATION_CURES)
    assert (found["component"], found["cause_class"]) == ("theta", "c")


def test_a_run_that_was_killed_comes_after_what_was_measured():
    killed = stopped(3, "Killed", signal="SIGKILL")
    found = summarise(ladder(g1=counted_twice("y", "extra"), g3=killed))
    assert names(found)[:2] == [["y", "extra"], ["run"]]
    assert summarise(ladder(g3=killed))["answer"]["headline"] == (
        "a broken run: the run was ended from outside"
    )


def test_two_faults_of_one_part_are_one_suspect_of_the_class_that_was_found_first():
    found = summarise(ladder(g1=wrong_data(), g2=wrong_gradient("y"), g3=failing(3)))
    first = found["suspects"][0]
    assert (first["names"], first["cause_class"]) == (["y"], "b"), (
        "of equals the one that an earlier group found"
    )
    assert {row["cause_class"] for row in found["suspects"] if row["names"] == ["y"]} == {"b"}
    assert {row["check"] for row in first["evidence"]} == {"counts_whole", "finite_difference_error"}


def test_terms_are_cleared_of_being_counted_twice_only_where_they_are_not():
    def cleared(**changed):
        rows = summarise(ladder(**changed))["ruled_out"]
        return [row["group"] for row in rows if row["reason"] == "no term is counted twice"]

    assert cleared() == ["group_1_build_only_sanity"]
    assert cleared(g1=counted_twice("y", "extra")) == []


def test_a_figure_is_shown_with_its_limit_and_a_shape_in_words():
    [shown] = summarise(ladder(**ALL_FAIL))["answer"]["shown"][:1]
    assert shown["note"].endswith("(limit: at most 0.01)")
    shape = whole_ladder(failing(3), **FUNNEL)["answer"]["shown"][0]
    assert "tau sets the scale of theta" in shape["note"] and "limit" not in shape["note"]


# --- What the ladder isolates ---


def test_the_core_that_passes_is_no_suspect_of_an_interaction_that_is_open():
    found = summarise(ladder(g4=stopped(4), g6=failing(6)))
    assert names(found) == [["use_a", "use_b"]]


def test_a_group_with_the_latents_frozen_that_cannot_be_built_accuses_no_observation_model():
    broken = stopped(7, "ValueError")
    broken["error"] |= {"stage": "build"}
    found = summarise(ladder(g7=broken))
    assert found["component"] is None and names(found) == []


def test_a_tie_asks_for_what_came_to_no_end_or_for_another_seed():
    tied = summarise(ladder(g4=failing(4), g5=failing(5)))["next_action"]
    assert "finish or repeat these groups with another seed, then" in tied
    open_still = summarise(ladder(g4=failing(4), g5=failing(5), g6=stopped(6)))["next_action"]
    assert "finish or repeat group_6_sampling_full_truncated (TIMEOUT), then" in open_still


def test_a_model_at_its_full_size_is_not_sent_to_a_larger_one():
    def advice(size):
        records = [measured(number) for number in (1, 2, 3)]
        for record in records:
            record["asked"]["max_T"] = size
        return summarise([judged(record) for record in records])["next_action"]

    assert advice(None).startswith(
        "Compare what the model recovers with what you know: draw from its posterior"
    )
    assert advice(80).startswith("Run the model at the size that you need")


def test_a_size_that_fails_beside_one_that_is_open_leaves_size_open():
    found = summarise([*ladder(g6=stopped(6)), judged(sized(500, outcome="fail"))])
    assert "Whether size matters is not decided." in found["implication"]
    assert "No size passes" not in found["implication"]


def test_a_tie_shows_the_evidence_of_both_and_tells_the_first_failure_only():
    found = summarise(ladder(g4=failing(4), g5=failing(5)))["answer"]
    assert found["story"] == "The first group to fail is group_4_sampling_a_only."
    assert {group for row in found["shown"] for group in row["groups"]} == {
        "group_4_sampling_a_only",
        "group_5_sampling_b_only",
    }
    assert (found["part"], found["look_first"]) == ([], [])


def test_a_size_that_the_ladder_shares_is_no_size_at_fault():
    found = summarise([*ladder(g6=failing(6)), judged(sized(20))])
    assert said(found) == "geometry: `use_a` and `use_b` together make the sampler fail"
    assert "together they fail: their interaction is at fault" in found["implication"]
    assert "scaling or identifiability" not in found["implication"].split("The full model passes")[0]


def test_a_crash_at_a_larger_size_is_not_sent_to_look_for_a_parameterization():
    broken = {"stage": "build", "type": "RecursionError", "message": "too deep", "traceback": ""}
    found = summarise([*ladder(), judged(sized(500, outcome="error", error=broken))])
    assert found["component"] == "size" and "plots/size_ladder.png" not in found["next_action"]


def test_the_same_and_the_larger_model_that_pass_are_told_apart():
    larger = summarise(ladder(g3=failing(3)))["implication"]
    assert (
        "group_3_sampling_baseline_minimal fails although group_4_sampling_a_only, which contains all of it and more, passes"
        in larger
    )
    assert "samples the same model again" not in larger


# --- The model taken apart ---


def test_what_holding_names_is_where_to_look_already():
    found = whole_ladder(failing(3), **FUNNEL)["answer"]
    assert (found["part"], found["look_first"]) == (["tau", "theta"], [])


def test_what_helps_by_chance_is_no_part():
    found = whole_ladder(failing(3), **taken_apart_failing(condition("tau", per_1000=0.3, rhat=1.04)))
    assert found["component"] == "unknown" and all(names(found))


def test_a_funnel_that_is_shown_is_not_renamed_by_a_rewrite_that_cures():
    found = summarise_apart(FUNNEL)
    assert said(found) == "geometry: a funnel: `tau` sets the scale of `theta`"


def test_what_helps_when_held_for_no_known_reason_gets_it_from_a_rewrite_that_cures():
    found = summarise_apart(taken_apart_failing(condition("tau")))
    assert said(found) == "geometry: a ridge: only a combination of `a` and `b` is identified"
    assert found["component"] == "tau"


def summarise_apart(apart):
    """The summary of a failing model without components, where rotating two coefficients cures."""
    records = [measured(1), measured(2), failing(3), taken_apart(**apart)]
    for record in records:
        record["asked"] = {**record["asked"], "components": {}}
    return summarise([judged(record) for record in records], remedies=ROTATION_CURES)


def test_a_dense_metric_that_cures_a_funnel_s_variables_leaves_its_rewrite_in_doubt():
    records = [measured(1), measured(2), failing(3), taken_apart(**FUNNEL)]
    for record in records:
        record["asked"] = {**record["asked"], "components": {}}
    tried = remedies(CURE, arm(METRIC, [True] * 4))
    found = summarise([judged(record) for record in records], remedies=tried)["answer"]
    assert found["sure"] == "medium"
    assert "non-centering `theta` cures it, and so does a dense metric" in found["why"].replace(
        "sampling with ", ""
    )


def test_the_run_that_a_search_judges_is_named():
    rows = {row["number"]: row for row in whole_ladder(undecided(), base=fit())["groups"]}
    assert (rows[3]["run"], rows[4]["run"]) == ("longer", "as it stands")


def test_where_no_longer_run_passes_nothing_is_cleared_by_it():
    found = whole_ladder(undecided(), base=fit(rhat=1.013))
    assert not any("sampled again" in row["reason"] for row in found["ruled_out"])


def test_divergences_that_more_draws_do_not_repeat_are_told_once():
    diverging = measured(3, sampling_extended=run(divergences=15, divergent_share=15 / 4000))
    longer = fit(n_draws=16000, max_rhat=1.002, min_ess=2700.0)
    found = whole_ladder(diverging, base=fit(rhat=1.013), longer=longer)
    assert found["implication"].count("Only the divergences of group_3") == 1


def apart_and_size(at_80, at_500):
    """The summary of a model without components: sampled at T 80, taken apart, and sampled at T 500."""
    larger = sized(500, outcome=at_500)
    records = [measured(1), measured(2), at_80, taken_apart(base=fit(n_draws=16000)), larger]
    for record in records:
        record["asked"] = {**record["asked"], "components": {}}
    return summarise([judged(record) for record in records])


def test_a_model_without_components_that_fails_only_when_it_is_large_says_so():
    """More draws of the smaller model take nothing from the larger one's divergences."""
    found = apart_and_size(measured(3), "fail")
    assert (found["outcome"], *answer(found)) == ("fail", "size", "a", "medium")
    assert said(found) == "geometry: the model fails only when it is large"
    assert "works up to T 80 and fails from T 500 on" in found["implication"]
    assert "No group is known to fail" not in found["implication"]
    assert found["next_action"].startswith("See in plots/size_ladder.png what changes between T 80 and T 500")
    assert apart_and_size(measured(3), "pass")["component"] is None


def test_the_story_tells_where_the_fault_shows_and_where_it_was_found():
    story = whole_ladder(failing(3), **FUNNEL)["answer"]["story"]
    assert story == (
        "The first group to fail is group_3_sampling_baseline_minimal. group_4_taken_apart then tested the model part by part."
    )
    unknown = whole_ladder(failing(3), **taken_apart_failing(condition("mu", per_1000=0.1, rhat=1.3)))
    assert unknown["answer"]["story"] == "The first group to fail is group_3_sampling_baseline_minimal."
    assert summarise(ladder(**ALL_FAIL))["answer"]["story"] == (
        "The first group to fail is group_3_sampling_baseline_minimal, where this shows."
    )
    beside = summarise(ladder(g1=counted_twice("y", "extra"), **ALL_FAIL))["answer"]["story"]
    assert beside.endswith("So the fault of group_3_sampling_baseline_minimal comes first.")


def test_what_a_group_shows_is_told_once_where_it_is_the_first_to_fail():
    found = whole_ladder(measured(3), **FUNNEL)
    assert found["first_failing_group"] == "group_4_taken_apart"
    assert found["implication"].count("tau sets the scale of theta") == 1
    assert "In group_4_taken_apart tau sets" in whole_ladder(failing(3), **FUNNEL)["implication"]


def test_how_far_a_size_is_trusted_depends_on_the_other_sizes():
    def sure(*sizes, **changed):
        records = [judged(sized(size, outcome=outcome)) for size, outcome in sizes]
        return summarise([*ladder(g2=None, **changed), *records])["confidence"]

    assert sure((200, "pass"), (500, "fail")) == "medium"
    assert sure((60, "fail"), (200, "pass"), (500, "fail")) == "low"
    part = {"g4": failing(4), "g6": failing(6)}
    plain = sure(**part)
    assert sure((60, "fail"), (70, "pass"), **part) == plain, "the answer is no size"


def test_what_would_have_been_caught_is_that_of_the_largest_model():
    found = summarise([*ladder(), judged(sized(20, number=8))])
    rows = {row["fault"]: row for row in found["caught"]}
    assert rows["divergences"]["group"] == "group_6_sampling_full_truncated"
    assert rows["gradient"]["group"] == "group_2_gradient_sanity"
    assert "caught" not in summarise(ladder(g3=failing(3)))


# --- A pipeline ---


def test_a_pipeline_that_asks_for_nothing_passes_with_less_certainty():
    stages = {"stages": [{"name": "fit"}], "runs": [{"seed": 0, "stages": [{"name": "fit"}]}]}
    record = {"group": "group_1_stages", "number": 1, "kind": "pipeline", "verdict": {"outcome": "pass"}}
    asks = {**stages, "criteria": {"fit.loss": {"finite": True, "words": "the loss"}}}

    def sure(found):
        told = summarise([{**record, "pipeline": found}])["answer"]
        return told["sure"], told["why"]

    assert sure(stages) == ("low", "the case has no CRITERIA, so the stages only had to run")
    assert sure(asks) == (
        "medium",
        "nothing that was tried finds a fault, which does not show that the pipeline is right",
    )


# --- The user's own run ---


def test_draws_alone_that_fail_tell_nothing_of_why_and_those_that_ended_are_no_run_beside_a_model():
    found = summarise([judged(given(1))])["answer"]
    assert (found["sure"], found["why"]) == ("undecided", "the group fails, and nothing tells why")
    open_still = summarise([judged(given(1, divergences=0, min_ess=300.0))])["answer"]
    assert (open_still["sure"], open_still["why"]) == ("undecided", "nothing is decided yet")
    ended = {"stage": "draws", "type": "TimeLimit", "message": "too slow", "traceback": ""}
    record = given(1) | {"error": ended}
    del record["sampling"]
    assert summarise([judged(record)])["answer"]["also"] == []


def test_what_a_model_s_own_group_clears_does_not_depend_on_the_user_s_run():
    for record in yours(), yours(sampling=run()), given(divergences=0):
        rows = whole(record)["ruled_out"]
        cleared = [row["group"] for row in rows if row["reason"] == "it samples well as it stands"]
        assert cleared == ["group_3_sampling_baseline_minimal"]


def test_draws_that_could_not_be_read_are_not_those_of_another_model():
    ended = {"stage": "draws", "type": "TimeLimit", "message": "too slow", "traceback": ""}
    record = given() | {"error": ended}
    del record["sampling"]
    assert whole(record)["answer"]["also"] == ["your own run came to no end (group_5_draws_as_given)"]


def test_draws_beside_a_model_that_cannot_be_built_are_not_those_of_another_model():
    broken = {"stage": "build", "type": "ValueError", "message": "no", "traceback": ""}
    records = [measured(number, error=broken) for number in (1, 2, 3)]
    for record in records:
        for section in ("model", "logp", "gradient", "sampling", "sampling_extended"):
            record.pop(section, None)
        record["asked"] = {**record["asked"], "components": {}}
    found = summarise([judged(record) for record in (*records, given())])
    assert found["answer"]["also"] == []


def test_the_user_s_own_argument_is_said_to_be_at_fault_in_the_paragraph_too():
    assert "so the arguments of pm.sample are at fault" in whole(cured({"tune": 1000}))["implication"]


# --- Rows ---


def test_a_time_that_is_not_known_is_left_out_of_the_sum():
    record = measured(1, timings={"build": 0.5, "compile": None, "first": 1.0})
    assert summarise([judged(record)])["groups"][0]["seconds"] == 1.5
    record["timings"] = {}
    assert summarise([judged(record)])["groups"][0]["seconds"] is None


def test_what_passes_in_several_groups_is_cleared_once_by_the_first():
    rows = summarise(ladder(g3=measured(3, logp=logp())))["ruled_out"]
    finite = [row["group"] for row in rows if row["names"] == ["start"]]
    assert finite == ["group_1_build_only_sanity"]
    assert [(row["group"], row["names"]) for row in rows if "finite differences" in row["reason"]] == [
        ("group_2_gradient_sanity", ["y", "tau", "theta", "extra"])
    ]


def test_how_sure_an_answer_is_goes_down_with_what_speaks_for_it():
    assert answer(summarise(ladder(**ALL_FAIL))) == ("core model", "a", "medium")
    found = summarise(ladder(**ALL_FAIL, g2=None, g7=None))["answer"]
    assert (found["sure"], found["why"]) == ("low", "too little supports it yet")
    found = summarise(ladder(**ALL_FAIL))["answer"]
    assert found["why"] == "comparing groups points here, and no remedy has been tried yet"
    found = whole_ladder(failing(3), **FUNNEL)["answer"]
    assert (
        found["why"]
        == "holding parts fixed or leaving them out points here, and no remedy has been tried yet"
    )
