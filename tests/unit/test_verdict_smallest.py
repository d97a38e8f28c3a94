"""A model with components whose smallest failing model was taken apart: its parts stand in its place."""

import apart_samples
import pytest
import report_samples as samples

from faultline.diagnosis.remedies.proposing import proposal
from faultline.diagnosis.summarise import summarise
from faultline.findings.parts import CORE


def apart(made, **on):
    """What taking a model of the ladder apart found, with these components on."""
    off = samples.ladder()[2]["asked"]
    components = {**off["components"], **on}
    about = {"number": 8, "group": "group_8_taken_apart", "title": "The smallest failing model, taken apart"}
    return {**made, **about, "asked": {**off, "components": components}}


def ladder(*passing):
    return [
        samples.sampling_record(record["number"], sound=True) if record["number"] in passing else record
        for record in samples.ladder()
    ]


def test_the_parts_of_the_bare_model_stand_in_its_place():
    before = summarise(ladder())
    assert before["component"] == CORE
    found = summarise([*ladder(), apart(apart_samples.funnel())])
    assert found["component"] == "tau + theta" and found["cause_class"] == "a"
    assert found["answer"]["headline"] == "geometry: a funnel: `tau` sets the scale of `theta`"
    assert CORE not in {name for suspect in found["suspects"] for name in suspect["names"]}
    assert "the core of the model" in found["implication"] and "part by part" in found["implication"]
    # What a smaller model says for it is said still.
    first = found["suspects"][0]
    assert {"outcome", "bends"} <= {item["check"] for item in first["evidence"]}


def test_a_part_that_nothing_confirms_is_said_with_a_perhaps():
    ridge = apart_samples.record(
        {"a": None, "b": None},
        base=apart_samples.fit(0.1, rhat=2.0, share=0.9),
        controls=[apart_samples.fit(0.1, rhat=2.0, share=0.9)],
        conditions=[apart_samples.condition(0.1, ("a",), rhat=2.0, share=0.9)],
        curvature={
            "points": 12,
            "usable": 12,
            "null": [{"ratio": 1e-6, "share": [{"name": "a", "share": 0.5}, {"name": "b", "share": 0.5}]}],
            "bends": [],
        },
    )
    found = summarise([*ladder(), apart(ridge)])
    assert found["component"] == CORE
    assert found["answer"]["headline"] == (
        "geometry: the core of the model fails with every component off; perhaps a ridge: only a combination of `a` and `b` is identified"
    )
    assert tuple(found["answer"]["look_first"]) == ("a", "b")


def test_where_nothing_is_found_in_it_the_bare_model_stays_the_answer():
    for record in (apart(apart_samples.sound()), apart(apart_samples.record({"mu": None}))):
        found = summarise([*ladder(), record])
        assert found["component"] == CORE, record["verdict"]["outcome"]


def test_that_the_same_model_passes_when_it_is_sampled_again_is_said():
    found = summarise([*ladder(), apart(apart_samples.sound())])
    said = "group_3_sampling_baseline_minimal fails although group_8_taken_apart, which samples the same model again, passes"
    assert said in found["implication"]


def test_a_component_stays_the_answer_and_its_model_s_parts_come_after():
    records = [*ladder(3, 5), apart(apart_samples.funnel(), use_mixture=True)]
    found = summarise(records)
    assert found["component"] == "use_mixture" == summarise(records[:-1])["component"]
    assert found["answer"]["headline"].endswith("`use_mixture` makes the sampler fail")
    assert any("`tau` sets the scale of `theta`" in also for also in found["answer"]["also"])
    assert found["suspects"][0]["variables"] == ["tau", "theta"]


@pytest.mark.parametrize("on", [{}, {"use_mixture": True}])
def test_what_its_model_allows_is_tried(on):
    made = apart_samples.funnel()
    allowed = [{"kind": "non_centered", "names": ["theta"]}]
    made = {**made, "apart": {**made["apart"], "remedies": allowed}}
    offered = proposal([*(ladder(3, 5) if on else ladder()), apart(made, **on)], 5)
    assert [each.steps for each in offered.single] == [allowed, []]
