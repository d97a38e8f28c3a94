"""What a pipeline declares beside its stages: scenarios, criteria, oracles, a data contract, presets, controls and hypotheses, as plain literals."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from glob import glob
from pathlib import Path
from typing import Any

from faultline.core.errors import InputError, shown
from faultline.targets import scenarios as rounds
from faultline.targets.declared import Variant
from faultline.targets.pipeline import Pipeline

LIMITS = ("at_most", "at_least", "equals", "finite")
"""What a criterion can ask of a figure; it asks for one of them."""
PREDICTIONS = ("cures", "no_effect", "harms")
"""What a hypothesis can predict of its changes, beside the direction of a figure."""
DIRECTIONS = ("up", "down", "unchanged")
STATUSES = ("correct",)
"""How the author of a hypothesis may call what it is about: an audit also lists what it has found to be right."""
BACKGROUNDS = ("failing", "repaired")
"""What a hypothesis can be about; the first, unless it says so."""
TYPES = (
    *("float16", "float32", "float64", "complex64", "complex128", "bool", "str"),
    *("int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"),
)
"""What a contract can ask of the values of an array: NumPy's types, and text of any length."""
CONTRACT = '{"simulate.x": {"dtype": "float64", "shape": ["n", 2], "min": 0, "max": 1, "finite": True}}'
CRITERIA = '{"train.loss": {"finite": True, "words": "the loss after the last step"}}'


def verify(ref: str, pipeline: Pipeline, literals: Mapping[str, Any]) -> None:
    """Raise `InputError` where what a pipeline declares does not fit its stages; the sentence names the key."""
    rounds.verify(ref, pipeline.stages, literals)
    names = {stage.name for stage in pipeline.stages}
    for literal in ("CRITERIA", "ORACLES"):
        for figure, about in literals.get(literal, {}).items():
            _check_criterion(f"case {ref}: {literal}: {shown(figure)}", figure, about, names)
    for name, about in literals.get("CONTRACT", {}).items():
        _check_contract(f"case {ref}: CONTRACT: {shown(name)}", name, about, names)
    for name, about in literals.get("RESOURCES", {}).items():
        place = f"case {ref}: RESOURCES: {shown(name)}"
        if name not in names:
            raise InputError(f"{place} is no stage; there is {_listed(sorted(names))}.")
        _fit(place, about, dict.fromkeys(("mem_mb", "minutes"), POSITIVE))
    _check_choices(f"case {ref}: BUDGET", literals.get("BUDGET", {}), pipeline.toggles)
    presets = literals.get("PRESETS", {})
    for name, chosen in presets.items():
        _check_choices(f"case {ref}: PRESETS: {shown(name)}", chosen, pipeline.toggles)
    if (repaired := literals.get("REPAIRED")) is not None and repaired not in presets:
        raise InputError(
            f"case {ref}: REPAIRED is {shown(repaired)}, which is none of PRESETS; add it, or name one of them."
        )
    scenarios = literals.get("SCENARIOS", {})
    for name, row in literals.get("TRIED_IN", {}).items():
        place = f"case {ref}: TRIED_IN: {shown(name)}"
        _fit(place, row, {"scenario": TEXT, "choices": CHOICES})
        if name not in pipeline.toggles:
            raise InputError(f"{place} is no toggle of a stage; it has {_listed(pipeline.toggles)}.")
        if row.get("scenario", next(iter(scenarios), None)) not in [None, *scenarios]:
            raise InputError(
                f"{place} names the scenario {shown(row['scenario'])}; there is {_listed(scenarios)}."
            )
        _check_choices(place, row.get("choices", {}), pipeline.toggles)
    for name, toggles in literals.get("CONTROLS", {}).items():
        place = f"case {ref}: CONTROLS: {shown(name)}"
        if name not in presets:
            raise InputError(f"{place} is none of PRESETS; add it there.")
        if unknown := [toggle for toggle in toggles if toggle not in pipeline.toggles]:
            raise InputError(
                f"{place} names {shown(unknown[0])}, which is no toggle; it has {_listed(pipeline.toggles)}."
            )
    limited = [*literals.get("CRITERIA", {}), *literals.get("ORACLES", {})]
    for row in literals.get("HYPOTHESES", ()):
        _check_hypothesis(ref, row, pipeline.toggles, limited)
    for row in literals.get("EXIT_CRITERIA", ()):
        _check_exit(ref, row, pipeline.toggles, limited, scenarios)


def inputs(ref: str, folder: Path, patterns: Sequence[str]) -> dict[str, Path]:
    """The files that the patterns of ``INPUTS`` match in the folder of the case, by their path from there.

    Raises
    ------
    InputError
        A pattern matches none.
    """
    found: dict[str, Path] = {}
    folder = folder.absolute()
    for pattern in patterns:
        files = sorted(
            name for name in glob(pattern, root_dir=folder, recursive=True) if (folder / name).is_file()
        )
        if not files:
            raise InputError(
                f"case {ref}: INPUTS: there is no file {shown(pattern)} beside the case; correct the pattern, or put the file there."
            )
        found |= {name: folder / name for name in files}
    return found


def _check_criterion(place: str, figure: str, about: Any, stages: set[str]) -> None:
    stage, dot, item = figure.partition(".")
    if not (dot and item) or stage not in stages:
        raise InputError(
            f"{place} must be a stage and what it leaves, as in {CRITERIA}; the stages are {_listed(sorted(stages))}."
        )
    rules = {"at_most": NUMBER, "at_least": NUMBER, "equals": NUMBER, "finite": TRUE}
    _fit(place, about, {**rules, "words": TEXT, "margin": NUMBER, "why": TEXT})
    if len(set(LIMITS) & set(about)) != 1:
        raise InputError(f"{place} must have exactly one of {', '.join(LIMITS)}.")
    if "words" not in about:
        raise InputError(f"{place} lacks words, which say what the figure is; add them.")


def _check_contract(place: str, name: str, about: Any, stages: set[str]) -> None:
    stage, dot, item = name.partition(".")
    if not (dot and item) or stage not in stages:
        raise InputError(
            f"{place} must be a stage and an array of it, as in {CONTRACT}; the stages are {_listed(sorted(stages))}."
        )
    if isinstance(about, dict) and "dtype" in about and about["dtype"] not in TYPES:
        raise InputError(f"{place}: dtype must be one of {', '.join(TYPES)}, not {shown(about['dtype'])}.")
    flags = dict.fromkeys(("finite", "varies", "distinct"), TRUE)
    _fit(place, about, {"dtype": TEXT, "shape": SHAPE, "min": NUMBER, "max": NUMBER, **flags})
    if not about:
        raise InputError(f"{place} asks for nothing; add dtype, shape, min, max, finite, varies or distinct.")
    if {"min", "max"} <= about.keys() and about["min"] > about["max"]:
        raise InputError(f"{place}: min is {about['min']}, which is more than max; swap them.")


def _check_hypothesis(ref: str, row: Any, toggles: Mapping[str, Variant], limited: Sequence[str]) -> None:
    place = f"case {ref}: HYPOTHESES: {shown(row.get('name')) if isinstance(row, dict) else shown(row)}"
    texts = dict.fromkeys(("name", "says", "severity", "place"), TEXT)
    _fit(
        place,
        row,
        {
            **texts,
            "status": STATUS,
            "changes": CHOICES,
            "predicts": PREDICTION,
            "background": BACKGROUND,
            "margin": NUMBER,
        },
    )
    if missing := [key for key in ("name", "says", "changes", "predicts") if key not in row]:
        raise InputError(f"{place} lacks {missing[0]}; add it.")
    _check_choices(place, row["changes"], toggles)
    figure = row["predicts"].get("holds") if isinstance(row["predicts"], dict) else None
    if figure is not None and figure not in limited:
        raise InputError(
            f"{place} says that {shown(figure)} holds, which has no limit; add it to CRITERIA or ORACLES, or name one of {_listed(limited)}."
        )


def _check_exit(
    ref: str, row: Any, toggles: Mapping[str, Variant], limited: Sequence[str], scenarios: Mapping[str, Any]
) -> None:
    place = f"case {ref}: EXIT_CRITERIA: {shown(row.get('name')) if isinstance(row, dict) else shown(row)}"
    texts = dict.fromkeys(("name", "says", "note", "by_hand"), TEXT)
    _fit(place, row, {**texts, "tried": NAMES, "holds": NAMES, "scenarios": NAMES, "cause": TRUE})
    if missing := [key for key in ("name", "says") if key not in row]:
        raise InputError(f"{place} lacks {missing[0]}; add it.")
    if not row.keys() & {"tried", "holds", "cause", "by_hand"}:
        raise InputError(
            f"{place} asks for nothing; add tried (toggles), holds (figures), cause (True), or by_hand (what to do)."
        )
    if "by_hand" in row and row.keys() & {"tried", "holds", "cause"}:
        raise InputError(
            f"{place} is answered by hand and by what was measured; make two of it, or say in note what is to be done."
        )
    for key, known in (("tried", toggles), ("holds", limited), ("scenarios", scenarios)):
        if unknown := [name for name in row.get(key, ()) if name not in known]:
            raise InputError(
                f"{place}: {key} names {shown(unknown[0])}, which there is not; there is {_listed(known)}."
            )


def _check_choices(place: str, chosen: Mapping[str, str], toggles: Mapping[str, Variant]) -> None:
    for name, choice in chosen.items():
        if name not in toggles:
            raise InputError(
                f"{place} chooses {shown(name)}, which is no toggle; there is {_listed(toggles)}."
            )
        if choice not in toggles[name].choices:
            raise InputError(
                f"{place}: {name} must be one of {_listed(toggles[name].choices)}, not {shown(choice)}."
            )


def _fit(place: str, given: Any, rules: Mapping[str, tuple[Callable[[Any], bool], str]]) -> None:
    """Raise `InputError` unless ``given`` is a mapping with keys that the rules know and values that they take; a rule has words for these."""
    if not isinstance(given, dict):
        raise InputError(f"{place} must be a mapping with {', '.join(rules)}, not {shown(given)}.")
    for key, value in given.items():
        if key not in rules:
            raise InputError(f"{place} has the unknown key {shown(key)}; the keys are {', '.join(rules)}.")
        fits, words = rules[key]
        if not fits(value):
            raise InputError(f"{place}: {key} must be {words}, not {shown(value)}.")


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_shape(value: Any) -> bool:
    """Lengths, and names of lengths that several arrays share."""
    return isinstance(value, list | tuple) and all(
        item.isidentifier() if isinstance(item, str) else type(item) is int and item >= 0 for item in value
    )


def _are_choices(value: Any) -> bool:
    return isinstance(value, dict) and all(_is_text(key) and _is_text(item) for key, item in value.items())


def _is_prediction(value: Any) -> bool:
    if isinstance(value, dict):
        if value.keys() == {"holds"}:
            return _is_text(value["holds"])
        return (
            value.keys() == {"metric", "direction"}
            and _is_text(value["metric"])
            and value["direction"] in DIRECTIONS
        )
    return value in PREDICTIONS


NAMES = (
    lambda value: isinstance(value, list | tuple) and all(map(_is_text, value)),
    'a list of names, such as ["fit.error"]',
)
TEXT, NUMBER = (_is_text, "a text"), (_is_number, "a number")
POSITIVE = (lambda value: _is_number(value) and value > 0, "a number above 0")
TRUE = (lambda value: value is True, "True, or left out")
SHAPE = (_is_shape, 'a list with a length or a name for each axis, such as ["n", 2]')
CHOICES = (_are_choices, 'a mapping from toggles to choices in quotes, such as {"rate": "1e-3"}')
BACKGROUND = (BACKGROUNDS.__contains__, " or ".join(map(repr, BACKGROUNDS)))
STATUS = (STATUSES.__contains__, f"{' or '.join(map(repr, STATUSES))}, or left out")
PREDICTION = (
    _is_prediction,
    f"one of {', '.join(PREDICTIONS)}, or what becomes of a figure: "
    f'{{"metric": "train.loss", "direction": "down"}}, with one of {", ".join(DIRECTIONS)}, or {{"holds": "check.error"}}',
)


def _listed(names: Any) -> str:
    return ", ".join(map(str, names)) or "none"
