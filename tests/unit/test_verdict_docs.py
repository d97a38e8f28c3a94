"""docs/decision-rules.md says what the code does: every threshold with its value, every check by its name."""

import re
from pathlib import Path

import generated
from test_advice import made
from verdict_records import failing, gradient, logp, measured, own

from faultline.diagnosis.rules import judge

DOCS = (Path(__file__).parents[2] / "docs" / "decision-rules.md").read_text(encoding="utf-8")
LIMITS = [limit for paths in generated.LIMITS.values() for path in paths for limit in generated.limits(path)]
NAMES = [name for name, *_ in LIMITS]


def test_what_is_generated_is_up_to_date():
    for path, make in generated.GENERATED.items():
        assert make(path.read_text(encoding="utf-8")) == path.read_text(encoding="utf-8"), path


def test_the_tables_list_every_limit():
    assert re.findall(r"^\| `([A-Z0-9_]+)` \|", DOCS, flags=re.MULTILINE) == NAMES
    assert len(set(NAMES)) == len(NAMES) > 60, "a name stands for one limit"


def test_every_limit_has_its_reason_beside_it():
    assert [name for name, _, reason in LIMITS if not reason] == []


def test_the_tables_explain_the_checks_that_there_are_and_no_others():
    first = re.findall(r"^\| ((?:`[a-z_]+`(?:, )?)+) \|", DOCS, flags=re.MULTILINE)
    explained = {name for cell in first for name in re.findall("[a-z_]+", cell)}
    assert explained == made()


def test_every_check_that_is_made_of_a_record_is_explained():
    custom = [{"op": "MyOp", "factors": ["y"], "has_gradient": False}]
    cut = [{"name": "theta", "factor": "y", "reason": "undefined"}]
    model = {**measured(1)["model"], "custom_ops": custom, "disconnected": cut, "flat": []}
    probes = own(mixture={"uniform_logp": 0.0}, hmm_micro={"max_relative_error": 0.0})
    found = [
        measured(1, logp=logp(), model=model),
        measured(2, gradient=gradient(), model=model),
        measured(3, truth={"coverage_90": 0.9}, **probes),
        failing(3),
    ]
    names = {check["name"] for record in found for check in judge(record)["checks"]}
    assert {name for name in names if f"`{name}`" not in DOCS} == set()


def test_every_status_is_named():
    from faultline.diagnosis import rules

    used = {*rules._STATUS_OF_TYPE.values(), *rules._STATUS_OF_SIGNAL.values(), "OK", "SLOW_COMPILE", "CRASH"}
    assert {status for status in used if f"`{status}`" not in DOCS} == set()
