"""Which changes are tried: those that the model allows and that touch a suspect, the first suspect's first, then small steps."""

import apart_samples
import pytest

from faultline.core.record import validate
from faultline.criteria.remedies import Remedy
from faultline.diagnosis.remedies.proposing import proposal
from faultline.diagnosis.remedies.words import imperative

SMALL = {"target_accept": 0.99}
STEPS = Remedy.of(sampler=SMALL)
METRIC = Remedy.of(sampler={"metric": "dense"})


def step(name, kind="non_centered"):
    return {"kind": kind, "names": [name]}


def found(allowed, most=5, made=None):
    record = made or apart_samples.funnel()
    return proposal([{**record, "apart": {**record["apart"], "remedies": allowed}}], most)


def test_what_touches_a_suspect_comes_first_and_what_does_not_is_left_alone():
    offered = found([step("mu"), step("theta")])
    assert offered.single == (Remedy.of([step("theta")]), STEPS)
    assert offered.together == (Remedy.of([step("theta")], SMALL),)
    assert offered.left_out == ()


def test_where_nothing_touches_a_suspect_all_that_the_model_allows_is_tried():
    offered = found([step("mu")])
    assert offered.single == (Remedy.of([step("mu")]), STEPS)


@pytest.mark.parametrize("more", [{"labels": ["mu", "theta"]}, {"blocks": [{"theta": [0], "mu": [0]}]}])
def test_what_a_label_or_a_sign_is_of_is_touched_too(more):
    step_of_mu = {**step("mu"), **more}
    assert found([step("elsewhere"), step_of_mu]).single[0] == Remedy.of([step_of_mu])


@pytest.mark.parametrize(
    ("steps", "says"),
    [
        ([step("x", "innovations")], "Write `x` in terms of its innovations"),
        ([{**step("b", "signs"), "anchors": [["b", 3]]}], "Keep a weighted sum of `b` positive"),
        (
            [{"kind": "signs", "names": ["b", "s"], "anchors": [["b", 3], ["b", 0], ["s", None]]}],
            "Keep `s` and weighted sums of `b` positive",
        ),
    ],
)
def test_a_change_is_said_in_words(steps, says):
    assert imperative({"steps": steps, "sampler": {}}) == says


def test_several_at_once_come_after_each_by_itself():
    both = [step("theta"), step("tau", "ordered")]
    offered = found(both)
    assert set(offered.single) == {Remedy.of([each]) for each in both} | {STEPS}
    assert len(offered.together) == 2 and all(len(each.steps) == 2 for each in offered.together)


def test_a_model_that_allows_nothing_is_tried_with_small_steps():
    offered = found([])
    assert (offered.single, offered.together) == ((STEPS,), ())


@pytest.mark.parametrize(
    ("most", "single"),
    [(1, (Remedy.of([step("theta")]),)), (2, (Remedy.of([step("theta")]), STEPS)), (3, None)],
)
def test_the_most_promising_are_kept_and_the_others_are_listed(most, single):
    allowed = [step("theta"), step("theta", "ordered")]
    offered = found(allowed, most)
    every = (*(Remedy.of([each]) for each in allowed), STEPS)
    assert offered.single == (single or every)
    assert {*offered.single, *offered.left_out} == set(every) and len(offered.single) == most


def test_nothing_is_tried_where_the_model_passes_or_was_not_taken_apart():
    passing = apart_samples.record({"mu": None}, base={**apart_samples.fit(200.0), "max_rhat": 1.003})
    assert validate(passing) == [] and passing["verdict"]["outcome"] == "pass"
    assert found([step("mu")], made=passing).single == ()
    assert proposal([], 5).single == ()


def ridge(size: int = 1) -> dict:
    made = apart_samples.cliff_and_ridge()
    free = [{**row, "size": size if row["name"] == "a" else 1} for row in made["model"]["free_rvs"]]
    return {**made, "model": {**made["model"], "free_rvs": free}}


def test_a_dense_metric_is_tried_where_a_ridge_is_under_suspicion_and_the_model_is_small():
    assert found([step("a")], made=ridge()).single == (Remedy.of([step("a")]), METRIC, STEPS)
    assert METRIC not in found([step("theta")]).single
    assert METRIC in found([step("a")], made=ridge(198)).single, "a, b and c have 200 values"
    assert METRIC not in found([step("a")], made=ridge(199)).single
    assert found([step("a"), step("b")], most=2, made=ridge()).single == (Remedy.of([step("a")]), METRIC)


def test_of_a_variant_one_choice_goes_with_rewrites_of_what_it_leaves_alone():
    own = [{"kind": "variant", "names": ["theta"], "variant": "written", "choice": choice} for choice in "ab"]
    offered = found([*own, step("theta"), step("tau")])
    assert offered.together[0] == Remedy.of([own[0], step("tau")])


def test_all_of_the_case_s_own_variants_are_tried_at_once_where_those_that_touch_a_suspect_are_not_enough():
    theta, mu = (
        {"kind": "variant", "names": [name], "variant": name, "choice": "other"} for name in ("theta", "mu")
    )
    offered = found([theta, mu, step("mu")])
    assert offered.single == (Remedy.of([theta]), STEPS)
    assert offered.together == (
        Remedy.of([theta, mu]),
        Remedy.of([theta], SMALL),
    )


def own_variants(count):
    """As many variants of the case's own, none of which touches what is under suspicion."""
    return [
        {"kind": "variant", "names": [f"x{n}"], "variant": f"of_x{n}", "choice": "other"}
        for n in range(count)
    ]


@pytest.mark.parametrize(("count", "first"), [(6, "own"), (7, "rewrites")])
def test_the_case_s_own_variants_come_first_unless_they_are_too_many_to_be_told_apart(count, first):
    rewrites, own = [step("theta"), step("tau")], own_variants(count)
    sets = [Remedy.of(own), Remedy.of(rewrites)]
    assert found([*rewrites, *own]).together == (
        *(sets if first == "own" else sets[::-1]),
        Remedy.of(rewrites, SMALL),
    )


def test_two_choices_of_one_variant_never_go_together():
    one = {"kind": "variant", "names": ["theta"], "variant": "written", "choice": "raw"}
    other = {"kind": "variant", "names": ["tau"], "variant": "written", "choice": "log"}
    assert found([one, other]).together == (Remedy.of([one], SMALL),)
