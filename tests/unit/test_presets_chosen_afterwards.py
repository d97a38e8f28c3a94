"""Copies of a bundled pipeline with faults that were planted by chance, and what is held against their trials."""

import random
import sys
from pathlib import Path

import pytest

from faultline.targets.case import read_signature

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "benchmarks"))
import presets

CASE = read_signature("lambda_hat")


def copy_of(tmp_path, preset):
    (tmp_path / "copy.py").write_text(presets.copied(CASE, preset))
    return read_signature(str(tmp_path / "copy.py"))


@pytest.mark.parametrize("kind", presets.KINDS)
@pytest.mark.parametrize("name", ["lambda_hat", "ptycho"])
def test_a_copy_is_a_pipeline_with_the_stages_of_the_case_and_none_of_its_beliefs(tmp_path, name, kind):
    case = read_signature(name)
    preset = presets.chosen(case, kind, random.Random(1), 3, 2)
    (tmp_path / "copy.py").write_text(presets.copied(case, preset))
    copy = read_signature(str(tmp_path / "copy.py"))
    assert [stage.name for stage in copy.stages] == [stage.name for stage in case.stages]
    assert copy.literals["ORACLES"] == case.literals["ORACLES"] and "HYPOTHESES" not in copy.literals
    failing, repaired = copy.choose_variants("planted"), copy.repaired
    assert {toggle for toggle in failing if failing[toggle] != repaired[toggle]} == set(preset.faults)
    assert not set(preset.sound) & {*preset.faults, *case.literals.get("TRIED_IN", {})}


def test_the_choices_of_a_renamed_toggle_are_neutral_and_stand_for_the_same(tmp_path):
    names = {"plus": "two", "minus": "one"}
    preset = presets.Preset(("elbo_sign",), (), renamed={"elbo_sign": names})
    copy = copy_of(tmp_path, preset)
    assert copy.variants["elbo_sign"].choices == ("one", "two")
    assert copy.choose_variants("planted")["elbo_sign"] == "two" and copy.repaired["elbo_sign"] == "one"
    text = (tmp_path / "copy.py").read_text()
    reads = [stage for stage in CASE.stages if "elbo_sign" in stage.toggles]
    assert text.count("elbo_sign = {'two': 'plus', 'one': 'minus'}[elbo_sign]") == len(reads)


def test_a_neutralized_fault_does_what_the_repaired_choice_does(tmp_path):
    copy_of(tmp_path, presets.Preset(("elbo_sign",), (), neutralized="elbo_sign"))
    text = (tmp_path / "copy.py").read_text()
    assert "elbo_sign = 'minus' if elbo_sign == 'plus' else elbo_sign" in text


def row(toggle, word, defect):
    return {"toggle": toggle, "defect": defect, "audit": {"word": word, "why": ""}}


@pytest.mark.parametrize(
    ("neutralized", "said", "told"),
    [
        (None, ("confirmed", "yes"), "right"),
        (None, ("minor", "yes"), "right"),
        (None, ("confirmed", "not tested"), "right"),
        (None, ("open", "yes"), "open"),
        (None, ("open", "not tested"), "open"),
        (None, ("open", "no"), "wrong"),
        (None, ("refuted", "no"), "wrong"),
        (None, ("confirmed", "no"), "wrong"),
        ("a", ("not testable", "not tested"), "right"),
        ("a", ("confirmed", "yes"), "wrong"),
    ],
)
def test_a_verdict_is_held_against_what_was_planted(neutralized, said, told):
    trials = {"choices": [row("a", *said)], "answer": {"part": []}, "symptom": None}
    found = presets.verdicts(trials, presets.Preset(("a",), (), neutralized=neutralized))
    assert found[0][-1] == told


@pytest.mark.parametrize(
    ("symptom", "part", "told"),
    [
        ("fit.error", ["a"], "right"),
        ("fit.error", ["b"], "wrong"),
        ("fit.error", [], "open"),
        (None, [], "right"),
    ],
)
def test_the_cause_that_is_named_must_have_been_planted(symptom, part, told):
    choices = [row("a", "confirmed", "yes"), row("b", "refuted", None)]
    trials = {"choices": choices, "answer": {"part": part}, "symptom": symptom}
    found = presets.verdicts(trials, presets.Preset(("a",), ("b",)))
    assert [each[-1] for each in found] == ["right", "right", told]
