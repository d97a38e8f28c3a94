"""Decision rules of the groups that build and evaluate: one test per rule, each breaking one thing in a sound record."""

import math

import pytest
from verdict_records import check, gradient, judged, logp, measured, verdict

from faultline.criteria import thresholds
from faultline.diagnosis.rules import judge
from faultline.diagnosis.summarise import summarise
from faultline.findings.build import JITTER_LOSS_PER_VALUE
from faultline.findings.finite_differences import FD_RELATIVE_ERROR


def with_term(name, **broken):
    terms = logp()["terms"]
    for term in terms:
        term.update(broken if term["name"] == name else {})
    return measured(1, logp=logp(terms=terms))


@pytest.mark.parametrize("number", [1, 2])
def test_a_sound_record_passes_and_blames_nobody(number):
    found = verdict(measured(number))
    assert (found["outcome"], found["component"], found["cause_class"], found["status"]) == (
        "pass",
        None,
        None,
        "OK",
    )


# --- Group 1 ---


@pytest.mark.parametrize(
    ("name", "broken", "cause"),
    [
        ("y", {"value": -math.inf, "n_inf": 1}, "b"),
        ("y", {"value": math.nan, "n_nan": 1}, "c"),
        ("extra", {"value": -math.inf, "n_inf": 1}, "c"),
        ("tau", {"value": -math.inf, "n_inf": 1}, "b"),
        ("tau", {"value": None}, "c"),
    ],
)
def test_a_term_that_is_not_finite_is_a_bug_or_a_domain_problem(name, broken, cause):
    record = with_term(name, **broken)
    found = verdict(record)
    assert (found["outcome"], found["cause_class"], found["component"]) == ("fail", cause, name)
    assert check(record, "finite_terms")["value"] == 1
    assert name in found["interpretation"] and f"`{name}`" in found["next_action"]


def test_one_nan_element_fails_a_term_whose_sum_looks_finite():
    assert verdict(with_term("y", n_nan=1))["outcome"] == "fail"


@pytest.mark.parametrize("total", [-math.inf, math.nan])
def test_a_total_that_is_not_finite_fails(total):
    assert verdict(measured(1, logp=logp(total=total)))["outcome"] == "fail"


def test_a_total_that_was_not_measured_is_no_pass():
    assert verdict(measured(1, logp=logp(total=None)))["outcome"] == "inconclusive"


def test_terms_that_were_not_measured_are_no_pass():
    assert verdict(measured(1, logp=logp(terms=[])))["outcome"] == "inconclusive"


def outside(number):
    """cut starts where its transform has no place, so that it and y, which reads it, are infinite, and the gradient NaN."""
    terms = [
        {**term, **({"value": -math.inf, "n_inf": 1} if term["name"] in "y tau" else {})}
        for term in logp()["terms"]
    ]
    row = {"name": "tau", "n": 2, "size": 3, "transform": "ordered"}
    start = {**(measured(number)["model"].get("start") or {}), "outside": [row]}
    jittered = {
        "without_jitter": {"logp": -math.inf},
        "with_jitter": [{"seed": 1, "logp": -math.inf, "broken": ["tau", "y"]}],
    }
    model = {**measured(number)["model"], "start": start}
    looked = {"logp": logp(terms=terms, total=-math.inf, start=jittered), "gradient": gradient(n_nan=9)}
    known = {1: ["logp"], 2: ["gradient"], 3: ["logp", "gradient"]}[number]
    return measured(number, model=model, **{key: looked[key] for key in known})


@pytest.mark.parametrize("number", [1, 2, 3])
def test_a_start_out_of_bounds_is_named_alone(number):
    """Not the terms that it breaks, nor the gradient there."""
    found = verdict(outside(number))
    assert (found["outcome"], found["cause_class"]) == ("fail", "b")
    failed = [row["name"] for row in judge(outside(number))["checks"] if row["passed"] is False]
    assert [name for name in failed if name != "jitter_loss_per_value"] == ["start_in_domain"]
    assert "tau (2 of 3 values; ordered transform)" in found["interpretation"]
    assert "`tau` an initval inside the domain" in found["next_action"]


INDEX = {
    "factors": ["y"],
    "variables": ["mu", "theta"],
    "index": "school",
    "size": 8,
    "n": 120,
    "n_outside": 15,
    "n_negative": 0,
    "smallest": 1,
    "largest": 8,
}


@pytest.mark.parametrize("number", [1, 2, 3])
def test_an_index_that_leaves_its_array_is_all_that_a_group_says(number):
    record = measured(number, probes={"indices": [INDEX]})
    assert [row["name"] for row in judge(record)["checks"]] == ["indices_in_bounds"]
    found = verdict(record)
    assert (found["outcome"], found["component"], found["cause_class"]) == ("fail", "y", "b")
    assert (
        "in y (index school), 15 of 120 lie outside 0 to 7 (they range from 1 to 8; the array is computed from mu, theta)"
        in found["interpretation"]
    )
    assert "Number the index in `y` from 0" in found["next_action"]


RANDOM = {"factor": "y", "kind": "variable", "drawn": ["an unnamed Normal"]}


@pytest.mark.parametrize("number", [1, 2, 3])
def test_a_term_that_draws_random_numbers_is_all_that_a_group_says(number):
    record = measured(number, probes={"random": [RANDOM]})
    assert [row["name"] for row in judge(record)["checks"]] == ["logp_deterministic"]
    found = verdict(record)
    assert (found["outcome"], found["component"], found["cause_class"]) == ("fail", "y", "c")
    assert "y reads an unnamed Normal, which is not part of this model" in found["interpretation"]
    assert "Make what `y` reads a named variable of this model" in found["next_action"]


CODED = {
    "name": "age",
    "factors": ["trust"],
    "column": None,
    "value": 999.0,
    "n": 32,
    "gap": 914.0,
    "reach": 67.0,
    "known": True,
}


@pytest.mark.parametrize(("known", "role"), [(True, "fault"), (False, "remark")])
def test_a_code_among_the_predictors_is_a_fault_where_the_number_is_known_for_one(known, role):
    record = measured(1, probes={"data": {"coded_predictors": [CODED | {"known": known}]}})
    [check] = [row for row in judge(record)["checks"] if row["name"] == "predictors_uncoded"]
    assert (check["role"], check["passed"], check["names"]) == (role, False, ["trust"])
    assert (
        "999 (32 times in age, 13.6 times as far from the other values as their whole range)" in check["note"]
    )
    found = verdict(record)
    assert (found["outcome"], found["cause_class"]) == (("fail", "b") if known else ("pass", None))


def test_data_that_count_more_than_once_without_a_minibatch():
    record = measured(1, probes={"data": {"scaled": [{"name": "y", "n": 450, "times": 32.2}]}})
    found = verdict(record)
    assert (found["outcome"], found["component"], found["cause_class"]) == ("fail", "y", "c")
    assert "each of the 450 data of y counts 32.2 times" in found["interpretation"]
    assert "Remove total_size from `y`" in found["next_action"]


def test_every_kind_of_randomness_has_its_own_advice():
    rows = [RANDOM | {"factor": name, "kind": kind} for name, kind in (("a", "variable"), ("b", "simulator"))]
    said = verdict(measured(1, probes={"random": rows}))["next_action"]
    assert (
        "Make what `a` reads a named variable of this model" in said
        and "Sample the model of `b` with pm.sample_smc" in said
    )


@pytest.mark.parametrize("number", [1, 2, 3])
def test_a_minibatch_is_a_matter_of_settings(number):
    """The model is one for variational inference."""
    record = measured(number, probes={"random": [RANDOM | {"kind": "minibatch"}]})
    assert [row["name"] for row in judge(record)["checks"]] == ["data_all_read"]
    found = verdict(record)
    assert (found["outcome"], found["component"], found["cause_class"]) == ("fail", "y", "s")
    assert "Give `y` all of its data instead of pm.Minibatch" in found["next_action"]
    assert "broken" not in found["interpretation"]


def test_a_minibatch_beside_a_simulator_leaves_a_bug():
    rows = [
        RANDOM | {"factor": name, "kind": kind} for name, kind in (("a", "minibatch"), ("b", "simulator"))
    ]
    found = verdict(measured(1, probes={"random": rows}))
    assert (found["component"], found["cause_class"]) == ("a + b", "c")


def test_negative_indices_among_others_are_a_remark_of_the_group_that_builds():
    record = measured(1, probes={"indices": [INDEX | {"n_outside": 0, "n_negative": 3, "index": None}]})
    found = verdict(record)
    assert (
        found["outcome"] == "pass"
        and "which count from the end, stand beside nonnegative ones: in y, 3 of 120"
        in found["interpretation"]
    )
    after = summarise([judged(record), *(judged(measured(i)) for i in (2, 3))])["next_action"]
    assert after.startswith("First check the negative indices in `y`. ") and "give them a category" in after
    assert "indices_from_start" not in [
        row["name"] for row in judge(measured(1, probes={"indices": []}))["checks"]
    ]


def test_a_matrix_without_a_root_says_why_its_term_is_infinite():
    matrix = {"size": 60, "smallest": -1e-14, "largest": 40.0}
    record = with_term("theta", value=-math.inf, n_inf=1, matrix=matrix)
    found = verdict(record)
    assert (found["outcome"], found["cause_class"], found["component"]) == ("fail", "c", "theta")
    assert (
        "60 x 60, eigenvalues -1e-14 to 40" in found["interpretation"] and "diagonal" in found["next_action"]
    )
    failed = [
        row["name"] for row in judge(record)["checks"] if row["passed"] is False and row["role"] == "fault"
    ]
    assert failed == ["positive_definite"]


def test_a_matrix_does_not_excuse_another_term():
    terms = with_term("theta", value=-math.inf, n_inf=1, matrix={"size": 2, "smallest": 0.0, "largest": 1.0})[
        "logp"
    ]["terms"]
    terms = [{**term, "value": math.nan} if term["name"] == "y" else term for term in terms]
    record = measured(1, logp=logp(terms=terms))
    assert set(check(record, "finite_terms")["names"]) == {"theta", "y"}
    assert check(record, "positive_definite")["names"] == ["theta"]


@pytest.mark.parametrize("masked", [True, False])
def test_what_pymc_fills_in_is_a_remark_and_never_improper(masked):
    rows = [{"name": "theta", "observed": "y", "n": 3, "masked": masked}]
    record = measured(1, probes={"data": {"imputed": rows}})
    record["model"]["prior_only"] = [
        {"name": "theta", "index": None, "n": 3, "by": "graph", "improper": False}
    ]
    assert verdict(record)["outcome"] == "pass"
    found = check(record, "data_complete")
    assert (found["passed"], found["role"]) == (False, "remark") and ("NaN" in found["note"]) is not masked
    assert check(record, "values_informed")["passed"] is True


def broken_by(**changes):
    row = {
        "array": "dose",
        "observed": False,
        "index": [7, 2],
        "value": "nan",
        "kind": "missing",
        "n": 1,
        "size": 120,
    }
    data = [{**row, **changes}]
    terms = [
        {**t, "value": math.nan, "n_nan": 1, "data": data} if t["name"] == "y" else t for t in logp()["terms"]
    ]
    return measured(1, logp=logp(total=math.nan, terms=terms))


@pytest.mark.parametrize(
    ("changes", "said", "advice"),
    [
        ({}, "y, because dose[7, 2] is NaN (1 of 120 elements)", "rows where `dose` is NaN"),
        (
            {"array": None, "kind": "infinite", "value": "-inf"},
            "a constant[7, 2] is -inf",
            "where a constant in `y` is computed",
        ),
        (
            {"kind": "wrapped", "value": "-56", "index": [0]},
            "dose[0] is -56, as an integer too large",
            "cast the inputs of `dose` to float64",
        ),
        ({"observed": True, "array": "y"}, "its own data[7, 2] is NaN", "rows where `y` is NaN"),
    ],
)
def test_data_that_break_a_term_are_named_with_their_element_and_said_alone(changes, said, advice):
    record = broken_by(**changes)
    found = check(record, "data_finite")
    assert said in found["note"] and found["names"] == ["y"]
    assert verdict(record)["cause_class"] == "b" and advice in verdict(record)["next_action"]
    assert not any(c["name"] in ("finite_terms", "finite_total") for c in judge(record)["checks"])


def twice(**changes):
    pair = {
        "names": ["y", "extra"],
        "n_points": thresholds.EQUAL_TERMS_POINTS,
        "max_spread": 1e-12,
        "kind": "equal",
        **changes,
    }
    return measured(1, logp=logp(equal_terms=[pair]))


@pytest.mark.parametrize("kind", ["equal", "contained"])
def test_a_likelihood_counted_twice_fails_and_names_the_pair(kind):
    found = verdict(twice(kind=kind))
    assert (found["outcome"], found["cause_class"], found["component"]) == ("fail", "c", "y + extra")
    assert "Counted twice: y" in found["interpretation"] and "`y` and `extra`" in found["next_action"]


@pytest.mark.parametrize(
    "almost",
    [{"max_spread": 1e-8}, {"n_points": thresholds.EQUAL_TERMS_POINTS - 1}, {"max_spread": math.nan}],
)
def test_terms_that_are_nearly_equal_or_at_too_few_points_are_not_counted_twice(almost):
    assert verdict(twice(**almost))["outcome"] == "pass"


def test_equal_terms_that_were_not_looked_for_are_no_pass():
    assert verdict(measured(1, logp=logp(equal_terms=None)))["outcome"] == "inconclusive"


def test_values_left_to_their_prior_are_a_remark_not_a_failure():
    record = measured(1)
    record["model"]["prior_only"] = [{"name": "theta", "index": [0], "n": 3}]
    found = check(record, "values_informed")
    assert (found["passed"], found["role"], found["value"], found["names"]) == (False, "remark", 3, ["theta"])
    assert verdict(record)["outcome"] == "pass"
    assert "theta (3)" in verdict(record)["interpretation"]


@pytest.mark.parametrize(
    ("discrete", "by", "informed"),
    [(["k"], "gradient", True), (["k"], "graph", False), ([], "gradient", False)],
)
def test_what_no_gradient_feels_may_still_be_read_by_way_of_a_discrete_variable(discrete, by, informed):
    record = measured(1)
    record["model"] |= {"discrete": discrete, "prior_only": [{"name": "theta", "n": 3, "by": by}]}
    assert check(record, "values_informed")["passed"] is informed


def test_values_whose_slope_is_nowhere_felt_are_a_remark():
    record = measured(1)
    record["model"]["flat"] = [{"name": "theta", "n": 2, "size": 8}]
    found = check(record, "values_felt")
    assert (found["passed"], found["role"], found["value"], found["names"]) == (False, "remark", 2, ["theta"])
    assert verdict(record)["outcome"] == "pass"


def test_a_datum_that_is_no_number_is_class_b():
    assert (
        verdict(with_term("y", value=math.nan, n_nan=1, bad=[{"index": [2], "datum": math.nan}]))[
            "cause_class"
        ]
        == "b"
    )
    assert (
        verdict(with_term("y", value=math.nan, n_nan=1, bad=[{"index": [2], "datum": 1.0}]))["cause_class"]
        == "c"
    )


def test_a_custom_op_is_a_prime_suspect_and_one_without_gradient_a_failure():
    record = measured(1)
    record["model"]["custom_ops"] = [{"op": "MyOp", "factors": ["extra"], "has_gradient": True}]
    assert (check(record, "custom_ops")["role"], verdict(record)["outcome"]) == ("remark", "pass")
    assert "MyOp" in verdict(record)["interpretation"]
    record["model"]["custom_ops"][0]["has_gradient"] = False
    found = verdict(record)
    assert (found["outcome"], found["cause_class"], found["component"]) == ("fail", "c", "extra")


def start(*jittered):
    rows = [{"seed": seed, "logp": value} for seed, value in enumerate(jittered)]
    return measured(1, logp=logp(start={"without_jitter": {"logp": -40.0}, "with_jitter": rows}))


def test_a_start_that_jitter_makes_infinite_is_a_remark():
    found = check(start(-50.0, -math.inf), "jittered_starts_finite")
    assert (found["passed"], found["value"], found["role"], found["cause_class"]) == (False, 1, "remark", "b")


def test_a_start_that_jitter_makes_far_worse_is_a_remark():
    limit = -40.0 - 9 * JITTER_LOSS_PER_VALUE
    found = check(start(-50.0, limit - 1), "jitter_loss_per_value")
    assert (found["passed"], found["role"], found["cause_class"]) == (False, "remark", "a")
    assert check(start(-50.0, limit), "jitter_loss_per_value")["passed"] is True
    assert verdict(start(-50.0, limit - 1))["outcome"] == "pass"


# --- Group 2 ---


@pytest.mark.parametrize("key", ["n_nan", "n_inf"])
def test_a_gradient_that_is_not_finite_fails_with_the_hint(key):
    broken = gradient(**{key: 2})
    broken["finite_differences"]["factors"][3]["max_relative_error"] = None
    found = verdict(measured(2, gradient=broken))
    assert (found["outcome"], found["cause_class"], found["component"]) == ("fail", "c", "extra")
    assert "mask" in found["interpretation"] and "custom Op" in found["interpretation"]


def test_a_gradient_that_is_not_finite_names_its_variables_where_no_factor_is_known():
    broken = gradient(
        n_nan=1,
        share_by_variable=[
            {"name": "tau", "share": None, "n_nonfinite": 0},
            {"name": "theta", "n_nonfinite": 1},
        ],
    )
    assert verdict(measured(2, gradient=broken))["component"] == "theta"


def test_broken_data_make_a_gradient_that_is_not_finite_class_b():
    record = measured(2, gradient=gradient(n_nan=1), data={"T": 80, "n_nonfinite": 4})
    assert verdict(record)["cause_class"] == "b"


def test_a_perturbed_point_that_is_not_finite_fails():
    broken = gradient()
    broken["perturbations"][1]["finite"] = False
    found = verdict(measured(2, gradient=broken))
    assert (found["outcome"], found["cause_class"]) == ("fail", "c")


@pytest.mark.parametrize("points", [[], [{"finite": True}, {"finite": None}]])
def test_perturbed_points_that_were_not_evaluated_are_no_pass(points):
    assert verdict(measured(2, gradient=gradient(perturbations=points)))["outcome"] == "inconclusive"


def with_errors(**errors):
    broken = gradient()
    for factor in broken["finite_differences"]["factors"]:
        factor["max_relative_error"] = errors.get(factor["name"], factor["max_relative_error"])
    return measured(2, gradient=broken)


def test_a_gradient_that_disagrees_with_finite_differences_fails_and_names_the_factor():
    found = verdict(with_errors(extra=0.3))
    assert (found["outcome"], found["cause_class"], found["component"]) == ("fail", "c", "extra")
    assert verdict(with_errors(extra=FD_RELATIVE_ERROR))["outcome"] == "pass"


@pytest.mark.parametrize("error", [None, math.nan, math.inf])
def test_a_factor_that_could_not_be_compared_is_no_pass_and_hides_no_other(error):
    assert verdict(with_errors(extra=error))["outcome"] == "inconclusive"
    assert verdict(with_errors(extra=error, tau=0.5))["component"] == "tau"


def test_a_term_that_changes_without_a_slope_fails():
    """A floor in the mean: the gradient is 0, and right, at every point."""
    differences = gradient()["finite_differences"]
    rows = [{"factor": "y", "variable": "theta", "step": 0.1, "change": 3.0}]
    found = verdict(measured(2, gradient=gradient(finite_differences={**differences, "zero_gradient": rows})))
    assert (found["outcome"], found["cause_class"], found["component"]) == ("fail", "c", "y")
    assert "y with respect to theta" in found["interpretation"] and "smooth" in found["next_action"]
    none = gradient(finite_differences={**differences, "zero_gradient": []})
    assert verdict(measured(2, gradient=none))["outcome"] == "pass"


def test_gradients_that_were_not_compared_are_no_pass():
    assert verdict(measured(2, gradient=gradient(finite_differences=None)))["outcome"] == "inconclusive"


def test_a_count_that_is_missing_is_no_pass():
    assert verdict(measured(2, gradient=gradient(n_nan=None)))["outcome"] == "inconclusive"


def test_an_uneven_gradient_is_evidence_and_no_failure():
    shares = [{"name": "tau", "share": 0.999}, {"name": "theta", "share": 0.001}]
    record = measured(2, gradient=gradient(share_by_variable=shares))
    found = check(record, "gradient_share")
    assert (found["passed"], found["role"], found["names"]) == (False, "remark", ["tau"])
    assert verdict(record)["outcome"] == "pass"


@pytest.mark.parametrize("number", [1, 2])
def test_a_term_that_follows_a_variable_without_a_gradient_fails(number):
    record = measured(number)
    record["model"]["disconnected"] = [{"name": "theta", "factor": "extra", "reason": "undefined"}]
    found = verdict(record)
    assert (found["outcome"], found["cause_class"], found["component"]) == ("fail", "c", "extra")


# --- What the notes say ---


def with_op(has_gradient):
    record = measured(1)
    record["model"]["custom_ops"] = [{"op": "MyOp", "factors": ["extra"], "has_gradient": has_gradient}]
    return record


def test_jittered_starts_that_are_all_infinite_leave_no_loss_to_judge():
    record = start(-math.inf, math.nan)
    assert check(record, "start_exists")["value"] == 2 and verdict(record)["outcome"] == "fail"
    assert check(record, "jitter_loss_per_value") is None


@pytest.mark.parametrize(
    "changes",
    [{"start": None}, {"start": {"without_jitter": {"logp": -math.inf}, "with_jitter": [{"logp": -1.0}]}}],
)
def test_a_start_that_was_not_measured_or_is_not_finite_has_no_jitter_to_judge(changes):
    assert check(measured(1, logp=logp(**changes)), "jittered_starts_finite") is None


def test_the_worst_jittered_start_counts():
    worst = check(start(-50.0, -400.0, -90.0), "jitter_loss_per_value")
    assert worst["value"] == pytest.approx(360 / 9)
    assert "from -40 to as low as -400" in worst["note"]


def test_at_the_limit_terms_still_count_as_equal():
    assert verdict(twice(max_spread=thresholds.EQUAL_TERMS_SPREAD))["outcome"] == "fail"


@pytest.mark.parametrize(
    ("record", "name", "words"),
    [
        (measured(1), "finite_total", "the total log-probability at the start is -40"),
        (measured(1, logp=logp(total=None)), "finite_total", "was not evaluated"),
        (measured(1), "finite_terms", "all 4 terms are finite"),
        (
            with_term("y", n_nan=1, n_inf=2),
            "finite_terms",
            "1 of 4 terms are not finite at the start: y (1 NaN and 2 infinite of 8 elements)",
        ),
        (with_term("y", value=-math.inf), "finite_terms", "y (-inf)"),
        (measured(1), "terms_counted_once", "no two terms rise and fall together"),
        (twice(), "terms_counted_once", "y equals extra up to a constant"),
        (twice(kind="contained"), "terms_counted_once", "y is contained in extra"),
        (twice(), "terms_counted_once", "to 1e-12)"),
        (twice(max_spread=0.0), "terms_counted_once", "exactly)"),
        (measured(1), "values_informed", "no free value is informed by its prior alone"),
        (measured(1), "custom_ops", "no custom Op"),
        (with_op(True), "custom_ops", "custom Ops (prime suspects where a gradient is wrong): MyOp"),
        (with_op(False), "custom_ops", "custom Ops without a gradient: MyOp"),
        (measured(2), "finite_gradient", "0 of 9 elements of the gradient are NaN or infinite at the start"),
        (measured(2, gradient=gradient(n_nan=None)), "finite_gradient", "was not evaluated"),
        (
            measured(2),
            "finite_difference_error",
            "agrees with finite differences in 4 terms (worst y, 1e-07)",
        ),
        (
            with_errors(extra=0.3),
            "finite_difference_error",
            "disagrees with finite differences in extra (relative error 0.3 in extra)",
        ),
        (
            with_errors(y=0.0, tau=0.0, theta=0.0, extra=0.0),
            "finite_difference_error",
            "agrees with finite differences in 4 terms (to rounding)",
        ),
        (with_errors(extra=None), "finite_difference_error", "; not known for extra"),
        (
            measured(2, gradient=gradient(finite_differences=None)),
            "finite_difference_error",
            "was not compared",
        ),
    ],
)
def test_a_note_says_what_was_found(record, name, words):
    assert words in check(record, name)["note"]


def test_notes_of_sound_gradients_claim_nothing_more():
    assert check(measured(2), "finite_gradient")["note"].endswith("at the start")
    assert "not known" not in check(measured(2), "finite_difference_error")["note"]
    assert check(measured(2), "finite_gradient")["names"] == []


def test_a_fault_at_the_limit_names_no_factor():
    assert check(with_errors(extra=FD_RELATIVE_ERROR), "finite_difference_error")["names"] == []


@pytest.mark.parametrize(
    ("names", "accused", "advice"),
    [
        (["tau"], "tau", "Give `tau` a prior that stays inside the domain"),
        (["tau", "theta"], "y", "Keep the parameters of `y` inside their domain: use arithmetic"),
    ],
)
def test_of_parameters_that_leave_their_domain_the_one_or_what_joins_several_is_accused(
    names, accused, advice
):
    row = {"factor": "y", "requires": "0 <= p <= 1, n > 0", "variables": names, "violated": 0.35, "n": 100}
    record = measured(1, probes={"domains": [row]})
    record["model"]["free_rvs"] = [{"name": name} for name in names]
    found = verdict(record)
    assert (found["component"], found["cause_class"]) == (accused, "b")
    assert advice in found["next_action"] and "p is alpha / (mu + alpha)" in found["interpretation"]


def test_where_no_chain_can_begin_because_of_a_domain_the_advice_is_about_the_domain():
    row = {"factor": "y", "requires": "0 <= p <= 1", "variables": ["tau", "theta"], "violated": 0.9, "n": 100}
    start = {"without_jitter": {"logp": -9.0}, "with_jitter": [{"logp": -math.inf, "broken": ["y"]}] * 5}
    record = measured(1, logp=logp(start=start), probes={"domains": [row]})
    assert check(record, "start_exists")["passed"] is False
    said = verdict(record)["next_action"]
    assert "arithmetic that cannot leave it" in said and "initval" not in said


def test_missing_data_are_told_from_other_values_that_are_not_finite():
    bad = [{"index": [0, 1], "datum": "NaN"}]
    for rows, advice in (bad, "hold 29 NaN"), ([], "Evaluate `y` element by element"):
        term = {"name": "y", "value": math.nan, "n_elements": 360, "n_nan": 29, "bad": rows}
        verdict = judge(measured(1, logp=logp(total=math.nan, terms=[term])))["verdict"]
        assert advice in verdict["next_action"]


def test_a_point_mass_asks_for_a_constant():
    facts = {
        "without_jitter": {"logp": -40.0},
        "with_jitter": [{"seed": i, "logp": None, "broken": ["theta"]} for i in range(3)],
    }
    for distribution, advice in (
        ("DiracDelta", "by the constant itself"),
        ("Normal", "an initval inside its support"),
    ):
        record = measured(1, logp=logp(start=facts))
        record["model"]["free_rvs"] = [{"name": "theta", "distribution": distribution}]
        assert advice in judge(record)["verdict"]["next_action"]


def test_many_small_terms_are_told_from_one_long_loop():
    def said(rows, observed, costliest, seconds):
        record = measured(1)
        graph = {
            "n_nodes": 60_000,
            "depth": 14,
            "by_factor": rows,
            "costliest": costliest,
            "cpu_seconds": seconds,
        }
        record["model"] |= {"graph": graph, "observed": observed}
        return judge(record)["verdict"]["next_action"]

    cells = [f"cell_{i}" for i in range(2000)]
    rows = [{"name": name, "n_nodes": 30, "depth": 14} for name in cells]
    many = said(rows, cells, {"name": cells[0], "cpu_seconds": 0.1}, thresholds.GRAPH_SECONDS + 1)
    assert "Merge the 2,000 observed variables" in many and "graph" not in many
    costly = {"name": "y", "cpu_seconds": thresholds.GRAPH_TERM_SECONDS + 1}
    one = said([{"name": "y", "n_nodes": 60_000, "depth": 400}], ["y"], costly, 9.0)
    assert "Write the loop in `y` as one" in one


def test_what_an_effect_is_given_is_told_from_its_own_prior():
    """A covariance that is none, made of two variables, is no matter of the prior of the effects that it is given to."""
    for variables, advice in (
        (["corr", "sd"], "Keep the parameters of `theta` inside their domain"),
        (["theta"], "Give `theta` a prior"),
    ):
        row = {
            "factor": "theta",
            "requires": "posdef covariance",
            "variables": variables,
            "violated": 0.94,
            "n": 100,
        }
        record = measured(1, probes={"domains": [row]})
        record["model"]["free_rvs"] = [{"name": name} for name in ("theta", "corr", "sd")]
        assert advice in judge(record)["verdict"]["next_action"]


@pytest.mark.parametrize(
    ("observed", "fit", "cause", "said"),
    [
        (True, False, "b", "shapes that cannot be broadcast together (data of shape (12, 20)"),
        (False, False, "c", "shapes that cannot be broadcast together"),
        (True, True, "c", "it raises ValueError"),
    ],
)
@pytest.mark.parametrize("number", [1, 2, 3])
def test_a_term_that_cannot_be_evaluated_is_the_part_at_fault(number, observed, fit, cause, said):
    shapes = "data of shape (12, 20), parameter 1 of shape (20, 12)"
    factor = {"name": "sales", "observed": observed, "shapes": shapes, "fit": fit}
    error = {"stage": "logp", "type": "ValueError", "message": "no", "traceback": "", "factor": factor}
    record = measured(number, error=error)
    assert [row["name"] for row in judge(record)["checks"]] == ["term_evaluates"]
    found = verdict(record)
    assert (found["outcome"], found["component"], found["cause_class"]) == ("fail", "sales", cause)
    assert said in found["interpretation"] and "`sales`" in found["next_action"]
