"""Scenarios that go on from one another, as they are declared, and as a stage is given them."""

import pytest

from faultline.core.errors import InputError
from faultline.plan.pipeline import jobs
from faultline.targets.case import read_signature
from faultline.targets.pipeline import Stage
from faultline.targets.pipeline_keys import Sources
from faultline.targets.pipeline_run import Run
from faultline.targets.scenarios import before
from faultline.targets.source import find_source

STAGES = """

def start(run):
    return run.output(facts={"x": 1})


def train(start, run):
    return run.output(facts={"x": weights(run)})


def weights(run):
    return run.previous.facts["x"] if run.previous else 0
"""


@pytest.fixture
def declared(tmp_path):
    def write(scenarios: str, more: str = STAGES):
        path = tmp_path / "rounds.py"
        path.write_text(f"SCENARIOS = {scenarios}\n{more}")
        return str(path)

    return write


def test_a_scenario_names_the_one_before(declared):
    found = read_signature(
        declared(
            '{"c": {"previous": "b", "n": 1}, "a": {"n": 3}, "b": {"previous": "a"}, "d": {"previous": None}}'
        )
    )
    assert found.predecessors == {"c": "b", "b": "a"}
    assert [before(found.predecessors, name) for name in ("c", "b", "a", "d", None)] == [
        ["b", "a"],
        ["a"],
        [],
        [],
        [],
    ]
    assert [found.entries(name) for name in ("c", "a", "d", None)] == [{"n": 1}, {"n": 3}, {}, {}]


@pytest.mark.parametrize(
    ("scenarios", "sentence"),
    [
        (
            '{"a": {"previous": "zero"}, "b": {}}',
            "SCENARIOS: 'a': previous is 'zero', which is no scenario; name one of a, b, or call the entry something else.",
        ),
        ('{"a": {"previous": ["a"]}}', "SCENARIOS: 'a': previous is ['a'], which is no scenario"),
        ('{"a": {"previous": "a"}}', "SCENARIOS: previous goes in a circle (a -> a); remove one of them."),
        (
            '{"c": {"previous": "b"}, "b": {"previous": "a"}, "a": {"previous": "b"}}',
            "SCENARIOS: previous goes in a circle (b -> a -> b); remove one of them.",
        ),
    ],
)
def test_a_mistake_in_the_scenario_before_is_one_sentence(declared, scenarios, sentence):
    with pytest.raises(InputError) as mistake:
        read_signature(declared(scenarios))
    assert sentence in str(mistake.value)


def test_in_a_workflow_alone_previous_is_a_key_of_its_config(declared, tmp_path):
    (tmp_path / "Snakefile").write_text("rule all:\n    shell: 'true'\n")
    workflow = '\nPIPELINE = "Snakefile"\nFACTS = {"fit": "fit.json"}\nTOGGLES = {"rate": ("1", "2")}\n'
    found = read_signature(declared('{"a": {"previous": "zero"}}', workflow))
    assert found.predecessors == {} and found.entries("a") == {"previous": "zero"}
    with pytest.raises(InputError, match="previous is 'zero', which is no scenario"):
        read_signature(declared('{"a": {"previous": "zero"}}', workflow + STAGES))


def test_only_a_stage_whose_code_reads_it_goes_on_from_the_scenario_before(declared):
    sources = Sources(find_source(declared("{}")))
    assert [sources.reads(name, "previous") for name in ("start", "train")] == [False, True]


def test_a_stage_is_given_nothing_in_place_of_what_it_does_not_seem_to_read(tmp_path):
    asked = {"seed": 1, "choices": {}, "scenario_name": "b", "scenario": {}, "folder": tmp_path}
    first, hidden = (Run(Stage("fit", (), (), 1), **asked, predecessor=name) for name in (None, "a"))
    assert first.previous is None
    with pytest.raises(InputError, match=r"write run\.previous in the stage itself"):
        _ = hidden.previous
    made = first.output(facts={"x": 1})
    assert Run(Stage("fit", (), (), 1), **asked, predecessor="a", previous=made).previous.facts == {"x": 1}


def test_a_stage_may_take_its_minutes_in_each_round(declared):
    scenarios = (
        '{"c": {"previous": "b"}, "b": {"previous": "a"}, "a": {}}\nRESOURCES = {"train": {"minutes": 1}}'
    )
    signature = read_signature(declared(scenarios))
    limits = {"total": 10, "memory_mb": 100}
    request = {"limits": limits, "variants": {}, "explain": True, "seeds": [1, 2]}
    resources = signature.literals["RESOURCES"]
    parts = [
        part
        for name in ("a", "c")
        for part in jobs({**request, "scenario": name}, signature, resources)
        if part.get("only") == ["train"]
    ]
    assert [part["limits"]["total"] for part in parts] == [130, 370]
