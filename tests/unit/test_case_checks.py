"""What a case declares of its own probes: read from its source, judged with its own limits and words, and shown."""

from __future__ import annotations

import copy
import math
import re
from pathlib import Path

import apart_samples
import pytest
import report_samples
from measure_toys import run
from verdict_records import check, failing, judged, ladder, measured, verdict

from faultline.core.errors import LONGEST, InputError
from faultline.core.record import read_json, validate
from faultline.core.sections.record import Record
from faultline.diagnosis.rules import judge
from faultline.diagnosis.summarise import summarise
from faultline.report.sections import sampling
from faultline.targets.case import read_signature

CHECKS = {
    "mass": {
        "title": "Conserved mass",
        "where": "the steps of the solver",
        "checks": {
            "mass_kept": {"value": "drift", "at_most": 1e-6, "cause": "c", "words": "drift of the mass"},
            "mass_known": {"value": "total", "finite": True, "cause": "b", "words": "the mass"},
            "steps_enough": {"value": "steps", "at_least": 100, "cause": "a", "words": "steps in all"},
            "rooms": {"value": "rooms", "equals": 3, "cause": "b", "words": "rooms"},
        },
    }
}
SOUND = {"drift": 1e-9, "total": 12.5, "steps": 400, "rooms": 3, "by_room": {"north": 4.0}}
SHORT = ("--tune", "50", "--draws", "50", "--confirm_draws", "60", "--extended_draws", "60")
WITHOUT_PARTS = {**measured(3)["asked"], "components": {}}


def record(number=4, checks=CHECKS, **values):
    return measured(number, mass={**SOUND, **values}, case_checks=checks)


# --- Read from the source ---


def signature(folder, checks):
    path = folder / "toy.py"
    path.write_text(f"raise SystemExit('must not run')\nCHECKS = {checks}\ndef build(): return 1\n")
    return read_signature(str(path))


def test_the_declaration_is_read_without_running_the_case(tmp_path):
    assert signature(tmp_path, CHECKS).literals["CHECKS"] == CHECKS


def changed(*path, **keys):
    """The declaration with other keys in one place; None takes one away."""
    found = copy.deepcopy(CHECKS)
    inner = found
    for key in path:
        inner = inner[key]
    inner |= keys
    for key in [key for key, value in keys.items() if value is None]:
        del inner[key]
    return found


KEPT = ("mass", "checks", "mass_kept")


@pytest.mark.parametrize(
    ("checks", "message"),
    [
        (3, r"CHECKS must be of the form \{\"mass\""),
        ("compute()", r"CHECKS must be a plain literal"),
        ({"mass": {"checks": math.inf}}, r"CHECKS must be a plain literal"),
        ({"sampling": CHECKS["mass"]}, r"CHECKS: 'sampling' is reserved or not a Python identifier"),
        ({"my mass": CHECKS["mass"]}, r"CHECKS: 'my mass' is reserved or not a Python identifier"),
        ({"mass": "kept"}, r"CHECKS: mass must be a mapping with title, where, checks, not 'kept'"),
        (changed("mass", title=None), r"CHECKS: mass lacks title"),
        (changed("mass", where="here\nand there"), r"CHECKS: mass\.where must be one line of text"),
        (changed("mass", limit=3), r"CHECKS: mass has the unknown key 'limit'; the keys are title, where"),
        (changed("mass", checks={}), r"CHECKS: mass\.checks must be a mapping of checks"),
        (
            changed("mass", checks={"mass kept": {}}),
            r"CHECKS: mass: the check name 'mass kept' is repeated or not",
        ),
        (
            {**CHECKS, "more": CHECKS["mass"]},
            r"CHECKS: more: the check name 'mass_kept' is repeated",
        ),
        (changed("mass", "checks", mass_kept=1e-6), r"CHECKS: mass\.mass_kept must be a mapping with value"),
        (changed(*KEPT, value=None), r"CHECKS: mass\.mass_kept lacks value"),
        (changed(*KEPT, cause="d"), r"CHECKS: mass\.mass_kept\.cause must be 'a', 'b' or 'c', not 'd'"),
        (changed(*KEPT, cause=["c"]), r"CHECKS: mass\.mass_kept\.cause must be 'a', 'b' or 'c'"),
        (changed(*KEPT, at_most="1e-6"), r"CHECKS: mass\.mass_kept\.at_most must be a number, not '1e-6'"),
        (changed(*KEPT, at_most=None), r"CHECKS: mass\.mass_kept must have exactly one of at_most, at_least"),
        (changed(*KEPT, at_least=0), r"CHECKS: mass\.mass_kept must have exactly one of "),
        (changed(*KEPT, equals=[1]), r"CHECKS: mass\.mass_kept\.equals must be a number, True or False"),
        (changed(*KEPT, finite=False), r"CHECKS: mass\.mass_kept\.finite must be True, not False"),
        (changed(*KEPT, exact="yes"), r"CHECKS: mass\.mass_kept\.exact must be True or False"),
        ({"m" * 900: {"n" * 900: 3}}, r"has the unknown key 'nnn"),
    ],
)
def test_a_declaration_that_cannot_be_judged_is_one_sentence(tmp_path, checks, message):
    with pytest.raises(InputError, match=rf"^case \S*toy\.py: .*{message}") as caught:
        signature(tmp_path, checks)
    assert len(str(caught.value)) <= LONGEST and str(caught.value).isprintable()


# --- Judged ---


def test_values_within_their_limits_pass():
    assert validate(judged(record())) == []
    assert verdict(record())["outcome"] == "pass"
    notes = {name: check(record(), name)["note"] for name in CHECKS["mass"]["checks"]}
    assert notes == {
        "mass_kept": "drift of the mass: 1e-09",
        "mass_known": "the mass: 12.5",
        "steps_enough": "steps in all: 4e+02",
        "rooms": "rooms: 3, must be exactly 3",
    }


@pytest.mark.parametrize(
    ("wrong", "cause", "said"),
    [
        ({"drift": 0.5}, "c", "Drift of the mass: 0.5 (limit: at most 1e-06)."),
        ({"total": math.nan}, "b", "The mass: nan."),
        ({"steps": 7}, "a", "Steps in all: 7 (limit: at least 100)."),
        ({"rooms": 4}, "b", "Rooms: 4, must be exactly 3. The groups"),
    ],
)
def test_a_wrong_value_fails_the_group_with_its_cause(wrong, cause, said):
    found = verdict(record(**wrong))
    assert (found["outcome"], found["cause_class"], found["component"]) == ("fail", cause, "use_a")
    assert said in found["interpretation"]
    assert "look at the steps of the solver" in found["next_action"]
    assert validate(judged(record(**wrong))) == []


@pytest.mark.parametrize("value", [None, "much", [1.0], {"north": 1.0}])
@pytest.mark.parametrize("name", ["drift", "total", "steps", "rooms"])
def test_what_is_no_number_is_unknown(name, value):
    unknown = record(**{name: value})
    assert verdict(unknown)["outcome"] == "inconclusive" and validate(judged(unknown)) == []


def test_a_value_that_is_missing_is_unknown():
    unknown = record()
    del unknown["mass"]["drift"]
    assert check(unknown, "mass_kept")["note"] == "drift of the mass: not known"
    assert verdict(unknown)["outcome"] == "inconclusive"


def test_a_section_without_a_declaration_is_kept_and_not_judged():
    plain, kept = measured(4), measured(4, mass={"drift": 0.5})
    assert judge(kept) == judge(plain)
    assert judged(kept)["mass"] == {"drift": 0.5} and validate(judged(kept)) == []


def test_a_declaration_without_its_section_says_nothing():
    assert judge(measured(4, case_checks=CHECKS)) == judge(measured(4))


@pytest.mark.parametrize("taken", ["max_rhat", "data_finite"])
def test_a_check_may_not_be_called_like_one_of_faultline_s(taken):
    checks = changed("mass", "checks", **{taken: CHECKS["mass"]["checks"]["rooms"]})
    with pytest.raises(InputError, match=f"case case.py: CHECKS: {taken} is the name of one of Faultline's"):
        judge(record(checks=checks))


def test_a_model_without_components_is_accused_as_a_whole():
    wrong = {**record(3, drift=0.5), "asked": WITHOUT_PARTS}
    sampled_again = {**apart_samples.fit(200.0), "max_rhat": 1.003, "n_draws": 4000}
    found = summarise([judged(wrong), apart_samples.record({"mu": None}, base=sampled_again)])
    assert (found["component"], found["cause_class"], found["confidence"]) == ("model", "c", "medium")
    assert found["implication"].endswith(
        "measured in the model: a bug in the log-probability or its gradient."
    )
    assert "look at the steps of the solver" in found["next_action"]


def test_the_case_s_words_say_where_to_look_in_a_component():
    found = summarise(ladder(g4={**failing(4), "mass": SOUND, "case_checks": CHECKS}))
    assert "look at the steps of the solver" in found["implication"]


# --- Shown ---


def test_a_declared_section_is_shown_as_a_table():
    sample = report_samples.sampling_record(3)
    shown = sampling.section(Record.of({**sample, "mass": SOUND, "case_checks": CHECKS}), {})
    assert "Conserved mass:\n\n" in shown and "| by room north | 4 |" in shown
    assert sampling.section(Record.of({**sample, "mass": SOUND}), {}) == sampling.section(
        Record.of(sample), {}
    )


@pytest.mark.slow
def test_the_example_of_the_documentation_is_measured_judged_and_shown(tmp_path):
    page = (Path(__file__).parents[2] / "docs" / "add-your-model.md").read_text(encoding="utf-8")
    files = dict(re.findall(r"^```python\n# (\S+\.py)\n(.*?)^```", page, flags=re.MULTILINE | re.DOTALL))
    (tmp_path / "schools.py").write_text(files["schools.py"])
    done = run(tmp_path, files["schools_checked.py"], *SHORT, group="3", stage="all")
    assert done.returncode == 0, done.stderr
    suite = tmp_path / "tests" / "diagnostics" / "toy"
    found = read_json(suite / "results" / "results_group_3_sampling_baseline_minimal.json")
    assert validate(found) == [] and found["case_checks"].keys() == {"fit"}
    made = next(row for row in found["checks"] if row["name"] == "close")
    assert made["value"] == found["fit"]["miss"] and made["passed"] is True
    report = (suite / "report_group_3_sampling_baseline_minimal.md").read_text(encoding="utf-8")
    assert "Fit to the schools:" in report and "largest miss, in errors: " in report
