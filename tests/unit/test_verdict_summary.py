"""The rules across groups: one test per rule, on ladders of hand-made records."""

import math

import pytest
from verdict_records import (
    LADDER,
    ROTATION_CURES,
    failing,
    gradient,
    judged,
    ladder,
    logp,
    measured,
    own,
    run,
    variable,
)

from faultline.core import record as records
from faultline.criteria import thresholds
from faultline.diagnosis.summarise import summarise
from faultline.findings.finding import SCORE_UNDECIDED, SCORE_WARNING


def counted_twice(*names):
    pair = {"names": list(names), "n_points": 3, "max_spread": 1e-12, "kind": "equal"}
    return measured(1, logp=logp(equal_terms=[pair]))


def wrong_gradient(name):
    broken = gradient()
    broken["finite_differences"]["factors"].append({"name": name, "max_relative_error": 0.3})
    return measured(2, gradient=broken)


def stopped(number, kind="TimeLimit", **more):
    record = measured(
        number, error={"stage": "sample", "type": kind, "message": "stopped", "traceback": "", **more}
    )
    return {key: value for key, value in record.items() if not key.startswith("sampling")}


ALL_FAIL = {f"g{number}": failing(number) for number in (3, 4, 5, 6)}


def said(summary):
    return summary["answer"]["headline"]


def answer(summary):
    return summary["component"], summary["cause_class"], summary["confidence"]


def first(summary):
    return summary["first_failing_group"] and summary["first_failing_group"].split("_")[1]


# --- Everything passes ---


def test_a_sound_ladder_passes_and_does_not_over_claim():
    found = summarise(ladder())
    assert (found["outcome"], first(found), answer(found)) == ("pass", None, (None, None, "medium"))
    assert found["suspects"] == [] and found["evidence"] == []
    assert "scaling or identifiability, not a hard bug" in found["implication"]
    assert {tuple(item["names"]) for item in found["ruled_out"] if item["cause_class"] is None} >= {
        ("core model", "use_a", "use_b"),
        ("observation model",),
    }


def test_without_gradient_checks_a_pass_is_less_sure():
    assert summarise(ladder(g2=None))["confidence"] == "low"


def test_no_records_at_all():
    found = summarise([])
    assert (found["outcome"], found["groups"], found["confidence"]) == ("not_run", [], "low")


# --- The sampling groups ---


def test_the_core_is_at_fault_when_the_baseline_fails():
    found = summarise(ladder(**ALL_FAIL))
    assert (found["outcome"], first(found)) == ("fail", "3")
    assert answer(found) == ("core model", "a", "medium")
    assert said(found) == "geometry: the core of the model fails with every component off"
    assert "already ill-conditioned" in found["implication"]
    assert "clears the observation model" in found["implication"], "group 7 passes: latent geometry"
    assert [s["names"] for s in found["suspects"]] == [["core model"]], (
        "the groups with more on show nothing about it"
    )


@pytest.mark.parametrize(("number", "component"), [(4, "use_a"), (5, "use_b")])
def test_a_component_is_at_fault_when_the_baseline_passes_and_it_alone_fails(number, component):
    found = summarise(ladder(**{f"g{number}": failing(number), "g6": failing(6)}))
    assert (first(found), answer(found)) == (str(number), (component, "a", "medium"))
    assert said(found) == f"geometry: `{component}` makes the sampler fail"
    assert {item["group"] for item in found["suspects"][0]["evidence"]} == {LADDER[number][0], LADDER[3][0]}


@pytest.mark.parametrize(
    ("probe", "words"),
    [
        (
            own(mixture={"uniform_logp": -1.0}),
            "the mixture's arithmetic, its masking and how its probability is parameterised",
        ),
        (
            own(hmm_micro={"max_relative_error": 1e-9}),
            "the gradients of the hidden-state term and its transitions",
        ),
    ],
)
def test_the_case_s_probe_says_where_to_look_in_a_component(probe, words):
    found = summarise(ladder(g4={**failing(4), **probe}))
    assert words in found["implication"]


def test_a_probe_that_finds_a_bug_makes_the_component_s_class_c():
    found = summarise(ladder(g5=failing(5) | own(hmm_micro={"max_relative_error": 0.5})))
    assert found["component"] == "use_b" and found["cause_class"] == "c"


def test_a_bug_that_a_probe_finds_is_not_hidden_by_a_failing_core():
    broken = failing(4) | own(mixture={"uniform_logp": math.inf})
    found = summarise(ladder(g3=failing(3), g4=broken))
    assert [(s["names"], s["cause_class"]) for s in found["suspects"]] == [
        (["core model"], "a"),
        (["use_a"], "c"),
    ]


def test_two_components_that_fail_only_together_are_an_interaction():
    found = summarise(ladder(g6=failing(6)))
    assert answer(found) == ("use_a + use_b", "a", "medium")
    assert said(found) == "geometry: `use_a` and `use_b` together make the sampler fail"
    assert "interaction" in found["implication"]
    assert said(summarise(ladder(g4=None, g6=failing(6)))).startswith("perhaps geometry: `use_a` and `use_b`")


def test_two_components_that_each_fail_alone_are_a_tie():
    found = summarise(ladder(g4=failing(4), g5=failing(5), g6=failing(6)))
    assert answer(found) == ("unknown", "a", "low")
    assert [s["names"] for s in found["suspects"]] == [["use_a"], ["use_b"]]
    assert said(found) == "the evidence does not decide between `use_a` and `use_b`"
    assert found["answer"]["also"] == []
    assert "equally suspect" in found["implication"] and "does not distinguish" in found["next_action"]


def test_a_cure_of_the_smallest_failing_model_decides_no_tie():
    found = summarise(ladder(g4=failing(4), g5=failing(5), g6=failing(6)), remedies=ROTATION_CURES)
    assert answer(found) == ("unknown", "a", "low")
    assert said(found) == "the evidence does not decide between `use_a` and `use_b`"


def test_a_tie_between_classes_leaves_the_class_open():
    found = summarise(ladder(g4=failing(4), g5=failing(5) | own(hmm_micro={"max_relative_error": 0.5})))
    assert (found["component"], found["cause_class"]) == ("unknown", None)


@pytest.mark.parametrize("baseline", [None, stopped(3), measured(3, sampling_extended=run(max_rhat=1.05))])
def test_a_component_is_not_blamed_while_the_baseline_is_open(baseline):
    found = summarise(ladder(g3=baseline, g4=failing(4), g6=failing(6)))
    assert answer(found) == ("unknown", "a", "low")
    assert sorted(s["names"] for s in found["suspects"]) == [["core model"], ["use_a"]]
    assert all(s["score"] == SCORE_UNDECIDED for s in found["suspects"])


@pytest.mark.parametrize("number", [4, 5])
def test_an_interaction_is_not_claimed_while_a_component_alone_is_open(number):
    found = summarise(ladder(**{f"g{number}": stopped(number), "g6": failing(6)}))
    assert found["confidence"] == "low"
    assert found["suspects"][0]["score"] == SCORE_UNDECIDED


# --- Latents frozen ---


def test_the_observation_model_is_at_fault_when_it_fails_with_the_latents_frozen():
    found = summarise(ladder(g7=failing(7)))
    assert (first(found), found["component"], found["cause_class"]) == ("7", "observation model", "a")
    assert said(found) == "geometry: the observation model fails with the latent variables held"
    assert "the observation model is the culprit" in found["implication"]


def bare(number):
    record = failing(number)
    record["asked"]["components"] = {}
    return judged(record)


def test_the_smaller_model_that_fails_comes_first():
    """Without components the frozen model is part of the baseline: it is the smaller of two that fail."""
    found = summarise([bare(3), bare(7)])
    assert found["component"] == "observation model"
    assert [s["names"] for s in found["suspects"]] == [["observation model"], ["core model"]]
    assert "in its own right" not in found["implication"]


def test_the_frozen_group_accuses_what_does_not_mix_in_the_summary_too():
    bad = [variable("tau"), variable("beta", rhat_max=2.4, ess_bulk_min=3.0)]
    found = summarise(ladder(g7=failing(7, run(divergences=50, max_rhat=2.4, variables=bad))))
    assert found["suspects"][0]["names"] == ["beta"] and found["component"] == "beta"
    assert said(found) == "geometry: `beta` does not mix with the latent variables held"
    assert "where all else mixes: look at `beta` and at the terms that read it." in found["implication"]


def test_a_frozen_failure_with_more_switched_on_does_not_explain_the_baseline():
    found = summarise(ladder(**ALL_FAIL, g7=failing(7)))
    assert found["component"] == "core model" and found["confidence"] == "medium"
    assert [s["names"] for s in found["suspects"]] == [["core model"], ["observation model"]]


def test_a_component_isolated_by_a_passing_baseline_stays_first_when_the_frozen_group_fails_too():
    found = summarise(ladder(g6=failing(6), g7=failing(7)))
    assert found["component"] == "use_a + use_b"


# --- Faults measured directly ---


def test_a_likelihood_counted_twice_does_not_explain_a_failing_core_and_is_still_a_suspect():
    """The gimbal case: the pair is found in group 1, and group 3, where half of it is off, fails without it."""
    found = summarise(ladder(g1=counted_twice("y", "extra"), **ALL_FAIL))
    assert first(found) == "1" and found["first_failing_sampling_group"].startswith("group_3")
    assert answer(found) == ("core model", "a", "medium")
    names = [(s["names"], s["cause_class"], s["component"]) for s in found["suspects"]]
    assert names == [(["core model"], "a", "core model"), (["y", "extra"], "c", "use_b")]
    assert (
        "not all of it is in the model of group_3" in found["implication"]
        and "Also found: `y` and `extra`" in found["implication"]
    )
    assert "Count the evidence once" in found["next_action"] and found["next_action"].startswith(
        "For the core model in group_3"
    )
    assert found["next_action"] == " ".join(found["next_steps"]) and len(found["next_steps"]) == 2


def test_a_likelihood_counted_twice_in_the_core_is_no_reason_for_a_sampler_to_fail():
    found = summarise(ladder(g1=counted_twice("y", "theta"), g3=failing(3)))
    assert found["component"] == "core model" and found["cause_class"] == "a"
    assert "no reason for a sampler to fail" in found["implication"]


def test_a_likelihood_counted_twice_explains_a_truth_that_is_missed():
    found = summarise(ladder(g1=counted_twice("y", "theta"), g3=measured(3, truth={"coverage_90": 0.2})))
    assert found["component"] == "y + theta" and found["cause_class"] == "c"


def test_a_fault_found_where_all_sampling_passes_comes_first():
    found = summarise(ladder(g1=counted_twice("y", "extra")))
    assert (first(found), answer(found)) == ("1", ("y + extra", "c", "high"))
    assert "No sampling group is known to fail" in found["implication"]


def test_a_fault_that_explains_nothing_is_not_said_to_explain_an_undecided_failure():
    found = summarise(ladder(g1=counted_twice("y", "extra"), g3=None, g4=failing(4), g6=None))
    assert answer(found) == ("y + extra", "c", "medium")
    assert "does not explain why group_4_sampling_a_only fails" in found["implication"]


def test_a_fault_found_where_nothing_was_sampled_is_less_sure():
    only = dict.fromkeys(("g3", "g4", "g5", "g6", "g7"))
    assert summarise(ladder(g1=counted_twice("y", "extra"), **only))["confidence"] == "medium"


def test_a_wrong_gradient_in_the_failing_model_explains_it():
    found = summarise(ladder(g2=wrong_gradient("theta"), g3=failing(3)))
    assert answer(found) == ("theta", "c", "high")
    assert "`theta` is in the smallest model that fails" in found["implication"]
    core = next(s for s in found["suspects"] if s["names"] == ["core model"])
    assert core["cause_class"] == "c", "class a unless the gradient group says c"


def test_a_wrong_gradient_outside_the_failing_model_does_not():
    found = summarise(ladder(g2=wrong_gradient("extra"), **ALL_FAIL))
    assert answer(found) == ("core model", "a", "medium"), (
        "less sure, because the gradient group did not pass"
    )
    assert found["suspects"][1]["names"] == ["extra"]


def test_variables_that_feel_a_broken_gradient_are_not_its_cause():
    felt = [{"name": "theta", "share": None, "n_nonfinite": 1}]
    found = summarise(
        ladder(g2=measured(2, gradient=gradient(n_nan=1, share_by_variable=felt)), g3=failing(3))
    )
    assert found["component"] == "core model"


def test_an_op_without_a_gradient_is_why_its_variables_feel_none():
    ops = [{"op": "Simulator", "factors": ["y"], "has_gradient": False}]
    built = measured(1, model={**measured(1)["model"], "custom_ops": ops})
    felt = [{"name": "theta", "share": None, "n_nonfinite": 1}]
    broken = failing(3) | {"gradient": gradient(n_nan=1, share_by_variable=felt)}
    found = summarise(ladder(g1=built, g3=broken))
    assert (found["component"], found["cause_class"]) == ("y", "c")
    assert ["theta"] not in [s["names"] for s in found["suspects"]]


def test_a_term_that_is_not_finite_explains_a_failing_core():
    terms = [{"name": "tau", "value": -math.inf, "n_inf": 1}]
    found = summarise(ladder(g1=measured(1, logp=logp(total=-math.inf, terms=terms)), g3=failing(3)))
    assert (found["component"], found["cause_class"]) == ("tau", "b")
    assert [s["names"] for s in found["suspects"]] == [["tau"], ["core model"], ["start"]]


def test_a_fault_without_a_name_is_the_model_s():
    broken = gradient()
    broken["perturbations"][0]["finite"] = False
    assert summarise(ladder(g2=measured(2, gradient=broken)))["suspects"][0]["names"] == ["model"]


def test_a_fault_without_a_name_accuses_nothing_beside_one_with_a_name():
    broken = wrong_gradient("theta")
    broken["gradient"]["perturbations"][0]["finite"] = False
    assert [s["names"] for s in summarise(ladder(g2=broken))["suspects"]] == [["theta"]]


def test_a_term_that_is_not_finite_in_a_sampling_group_is_its_explanation():
    terms = [{"name": "extra", "value": math.nan, "n_nan": 1}]
    found = summarise(ladder(g5=failing(5) | {"logp": logp(total=math.nan, terms=terms)}, g6=failing(6)))
    assert answer(found) == ("extra", "c", "medium")
    assert [s["names"] for s in found["suspects"]] == [["extra"], ["use_b"]]


def test_the_evidence_against_a_group_that_failed_and_then_broke_off_is_its_checks():
    broken = failing(3) | {
        "error": {"stage": "group_probes", "type": "ValueError", "message": "", "traceback": ""}
    }
    assert [item["check"] for item in summarise(ladder(g3=broken))["evidence"]] == ["divergences_too_many"]


def test_remarks_are_suspects_of_last_resort_and_no_answer():
    lonely = measured(1)
    lonely["model"]["prior_only"] = [{"name": "beta", "index": [0], "n": 2}]
    found = summarise(ladder(g1=lonely))
    assert (found["outcome"], found["component"]) == ("pass", None)
    assert [(s["names"], s["score"], s["component"]) for s in found["suspects"]] == [
        (["beta"], SCORE_WARNING, "use_b")
    ]
    assert summarise(ladder(g1=lonely, g3=failing(3)))["suspects"][-1]["names"] == ["beta"]


@pytest.mark.parametrize(
    ("names", "component"),
    [
        (["theta"], "core model"),
        (["alpha"], "use_a"),
        (["beta"], "use_b"),
        (["alpha", "beta"], None),
        (["elsewhere"], None),
    ],
)
def test_the_component_that_brings_a_term_is_the_one_that_is_on_where_the_term_is(names, component):
    lonely = measured(1)
    lonely["model"]["prior_only"] = [{"name": name, "index": None, "n": 1} for name in names]
    assert summarise(ladder(g1=lonely))["suspects"][0]["component"] == component


def test_without_models_to_compare_no_component_brings_a_term():
    lonely = measured(1)
    lonely["model"]["prior_only"] = [{"name": "theta", "index": None, "n": 1}]
    assert summarise([judged(lonely)])["suspects"][0]["component"] is None


# --- Confidence, order, what stays open ---


def test_each_support_counts_for_the_confidence():
    assert summarise(ladder(g3=failing(3)))["confidence"] == "medium", "larger models pass: a contradiction"
    assert summarise(ladder(**ALL_FAIL))["confidence"] == "medium", "comparing groups shows where, not what"
    assert summarise(ladder(**ALL_FAIL, g2=None))["confidence"] == "medium"
    assert summarise(ladder(g3=failing(3), g2=None))["confidence"] == "low", "a contradiction"
    assert summarise(ladder(**ALL_FAIL | {"g5": stopped(5), "g2": None}))["confidence"] == "low", "open"
    assert summarise(ladder(**ALL_FAIL | {"g5": stopped(5)}))["confidence"] == "medium"
    assert summarise(ladder(**ALL_FAIL, g7=None))["confidence"] == "medium"
    assert summarise(ladder(**ALL_FAIL, g2=None, g7=None))["confidence"] == "low"


def test_a_model_that_passes_with_more_in_it_contradicts_the_smaller_that_fails():
    found = summarise(ladder(g3=failing(3)))
    assert "do not simply add up" in found["implication"]


def test_a_crash_counts_as_a_failure_of_the_model_and_a_limit_does_not():
    crashed = summarise(ladder(g4=stopped(4, "ValueError"), g6=stopped(6, "ValueError")))
    assert (crashed["outcome"], first(crashed), crashed["component"]) == ("error", "4", "use_a")
    limited = summarise(ladder(g4=stopped(4), g6=stopped(6)))
    assert (limited["outcome"], first(limited), limited["component"]) == ("error", "4", None)
    assert "Not decided: group_4_sampling_a_only (TIMEOUT)" in limited["implication"]
    assert limited["evidence"][0]["check"] == "error"


def test_an_inconclusive_group_is_neither_a_pass_nor_a_failure():
    found = summarise(ladder(g4=measured(4, sampling_extended=run(min_ess=300.0))))
    assert (found["outcome"], first(found), answer(found)) == ("inconclusive", None, (None, None, "low"))
    assert "Finish or repeat group_4" in found["next_action"]


def test_a_group_without_a_record_is_listed_and_decides_nothing():
    missing = {
        "group": LADDER[4][0],
        "number": 4,
        "not_run": "no record",
        "checks": [],
        "verdict": {"outcome": "not_run"},
    }
    found = summarise([*ladder(g4=None), missing])
    assert found["outcome"] == "inconclusive"
    assert [row["outcome"] for row in found["groups"]] == ["pass"] * 3 + ["not_run"] + ["pass"] * 3


def test_evidence_names_group_check_value_and_threshold():
    found = summarise(ladder(g3=failing(3)))["evidence"]
    assert [(e["group"], e["check"], e["threshold"]) for e in found] == [
        (LADDER[3][0], "divergences_too_many", thresholds.SHORT_DIVERGENT_SHARE)
    ]
    assert found[0]["value"] == pytest.approx(0.1826, abs=1e-4)


def test_the_order_of_the_records_does_not_matter():
    groups = ladder(g1=counted_twice("y", "extra"), g3=failing(3), g5=failing(5))
    assert summarise(groups) == summarise(reversed(groups))


def test_names_and_numbers_of_the_groups_do_not_matter():
    """Another case: other components, other numbers, the same rule."""
    groups = ladder(g5=failing(5), g6=failing(6))
    for record in groups:
        record["number"] += 10
        record["group"] = f"group_{record['number']}_x"
        record["asked"]["components"] = {
            name.replace("use_", "with_"): on for name, on in record["asked"]["components"].items()
        }
    assert summarise(groups)["component"] == "with_b"


def test_a_row_has_the_headline_figures_of_the_run_that_was_judged():
    rows = {row["number"]: row for row in summarise(ladder(g3=failing(3)))["groups"]}
    assert rows[3] == {
        "number": 3,
        "group": LADDER[3][0],
        "title": LADDER[3][0],
        "kind": "sampling",
        "outcome": "fail",
        "status": "OK",
        "cause_class": "a",
        "component": "core model",
        "run": "as asked",
        "divergences": 48,
        "n_draws": 200,
        "max_rhat": 1.06,
        "min_ess": 120.0,
        "min_ebfmi": 0.9,
        "max_treedepth_fraction": 0.0,
        "mean_step_size": 0.3,
        "seconds": 30.0,
    }
    assert (rows[4]["run"], rows[4]["n_draws"]) == ("longer", 4000)
    assert (rows[1]["run"], rows[1]["divergences"]) == (None, None)


def test_without_a_total_the_stages_are_added_up():
    record = measured(1, timings={"build": 0.5, "compile": 2.0, "steady": 9.0})
    assert summarise([judged(record)])["groups"][0]["seconds"] == 2.5


@pytest.mark.parametrize(
    "groups",
    [
        [],
        ladder(),
        ladder(g1=counted_twice("y", "extra"), g3=failing(3), g4=stopped(4)),
        ladder(g4=failing(4), g5=failing(5)),
        ladder(g3=stopped(3, "ValueError"), g6=measured(6, sampling_extended=run(max_rhat=math.nan))),
        ladder(g2=wrong_gradient("theta"), g7=failing(7)),
    ],
)
def test_every_summary_fits_the_schema_and_has_its_paragraphs(groups):
    found = summarise(groups)
    assert records.validate(found, "summary") == []
    for key in ("implication", "next_action"):
        assert found[key] == " ".join(found[key].split()) and found[key].endswith(".")
