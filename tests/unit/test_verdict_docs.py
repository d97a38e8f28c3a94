"""docs/decision-rules.md says what the code does: every threshold with its value, every check by its name."""

import re
from pathlib import Path

import generated
import pytest
from verdict_records import failing, gradient, logp, measured, own

from faultline.criteria import thresholds as measuring
from faultline.diagnosis.rules import judge
from faultline.findings import thresholds

DOCS = (Path(__file__).parents[2] / "docs" / "decision-rules.md").read_text(encoding="utf-8")
NAMES = [name for name in vars(thresholds) if name.isupper()]


def test_what_is_generated_is_up_to_date():
    for path, make in generated.GENERATED.items():
        assert make(path.read_text(encoding="utf-8")) == path.read_text(encoding="utf-8"), path


def test_the_tables_list_every_limit():
    assert set(re.findall(r"^\| `([A-Z0-9_]+)` \|", DOCS, flags=re.MULTILINE)) == set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_every_threshold_has_its_reason_beside_it(name):
    files = [Path(module.__file__) for module in (measuring, thresholds)]
    source = [line for path in files for line in path.read_text(encoding="utf-8").splitlines()]
    line = next(i for i, text in enumerate(source) if text.startswith(f"{name} = "))
    assert source[line - 1].startswith("# ")


def test_every_check_is_explained():
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
