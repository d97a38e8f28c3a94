"""What a model of one's own often is at first: it cannot be built, has nothing to sample, or has no data."""

import pytest
from test_verdict_endings import ended
from verdict_records import LADDER, check, judged, ladder, measured, verdict

from faultline.diagnosis.summarise import summarise


def unbuilt(number, where="model.py line 5, in build"):
    return ended("KeyError", stage="build", number=number, message="'y'", where=where)


def test_an_exception_in_build_says_where_in_the_users_file():
    found = verdict(unbuilt(3))
    assert "KeyError in stage build (model.py line 5, in build): 'y'." in found["interpretation"]
    assert found["next_action"] == "Fix model.py line 5, in build, and run this group again."


def test_a_model_that_cannot_be_built_accuses_no_part():
    summary = summarise([judged(unbuilt(number)) for number in LADDER])
    assert summary["outcome"] == "error" and summary["suspects"] == []
    assert (summary["component"], summary["cause_class"]) == (None, None)
    assert summary["next_action"].startswith("Fix model.py line 5")
    assert "KeyError: 'y' (stage build, model.py line 5, in build)" in summary["evidence"][0]["note"]


def test_a_component_that_cannot_be_built_is_named():
    summary = summarise(ladder(**{f"g{number}": unbuilt(number) for number in (1, 2, 4, 6, 7)}))
    assert summary["component"] == "use_a"


def without_values(number, **model):
    """A record of a model in which nothing is left for NUTS."""
    record = measured(number)
    for section in ("sampling", "sampling_extended"):
        record.pop(section, None)
    if number == 2:
        record["gradient"]["finite_differences"] = None
    return record | {"model": {**record["model"], "n_values": 0, **model}}


@pytest.mark.parametrize(
    ("model", "advice"),
    [
        ({"n_free_rvs": 0, "free_rvs": []}, "The model has no free variable"),
        ({"discrete": ["z"]}, "sum `z` out of the likelihood"),
    ],
)
def test_a_model_with_nothing_for_nuts_says_what_to_do(model, advice):
    records = [judged(without_values(number, **model)) for number in (1, 2, 3)]
    assert [record["verdict"]["outcome"] for record in records] == ["pass", "inconclusive", "not_run"]
    assert all(advice in record["verdict"]["next_action"] for record in records[1:])
    summary = summarise(records)
    assert summary["outcome"] == "inconclusive" and advice in summary["next_action"]
    assert summary["component"] is None


def test_discrete_variables_are_named_and_no_fault():
    record = measured(1)
    record["model"]["discrete"] = ["z"]
    found = check(record, "values_continuous")
    assert (found["passed"], found["role"], found["names"]) == (False, "remark", ["z"])
    assert verdict(record)["outcome"] == "pass"


def test_steps_that_follow_no_gradient_come_before_funnels():
    record = measured(3)
    record["sampling_extended"] |= {"min_ebfmi": 0.1, "max_rhat": 1.5}
    assert "funnel" in verdict(record)["next_action"]
    record["model"]["discrete"] = ["z"]
    advice = verdict(record)["next_action"]
    assert "First suspect the steps that update `z`" in advice and "funnel" not in advice


def test_a_sound_model_with_discrete_variables_is_left_as_it_is():
    records = [measured(number) for number in (1, 2, 3)]
    for record in records:
        record["model"]["discrete"] = ["z"]
    summary = summarise(list(map(judged, records)))
    assert summary["outcome"] == "pass" and "marginalise" not in summary["next_action"]


def test_a_model_that_could_not_be_taken_apart_has_not_passed():
    skipped = [{"what": "everything", "reason": "it has no continuous variables"}]
    record = without_values(3, n_values=2, discrete=["z"]) | {"kind": "apart", "apart": {"skipped": skipped}}
    found = verdict(record)
    assert found["outcome"] == "not_run"
    assert "It left out everything: it has no continuous variables" in found["interpretation"]


@pytest.mark.parametrize(("others", "role"), [((), "fault"), (("w",), "remark")])
def test_an_empty_observed_array(others, role):
    arrays = [
        {"name": "y", "kind": "observed", "n": 0},
        *({"name": n, "kind": "observed", "n": 3} for n in others),
    ]
    record = measured(1, probes={"data": {"arrays": arrays}})
    record["model"]["potentials"] = []
    found = check(record, "data_present")
    assert (found["passed"], found["role"], found["cause_class"]) == (False, role, "b")
    assert (verdict(record)["outcome"] == "fail") is (role == "fault")
    record["model"]["potentials"] = ["extra"]
    assert check(record, "data_present")["role"] == "remark"
