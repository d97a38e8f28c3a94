"""What stages hand over: arrays that are not as the case asks, and remarks on what may be meant and often is not."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from faultline.core.check import Check, equals
from faultline.core.sections.pipeline import PipelineRun, SeedRun
from faultline.core.sections.record import Record
from faultline.core.sections.section import Row
from faultline.criteria.data_contract import Kept, form, kept, nonfinite, pairs
from faultline.findings.words import Advice

# Ratio of the largest magnitudes of an array for training and of its twin for testing from which they look scaled differently: pixels
# up to 1 and up to 255 do, the times of a series and those that come after it do not.
SCALES = 10.0
# Values from which an array's largest magnitude says anything about its scale.
ENOUGH = 10


def checks(record: Record) -> list[Check]:
    """One check for each array in the contract, and remarks: nothing that a case does not ask for fails it."""
    found = record.pipeline
    if not any(stage.arrays for run in found.runs for stage in run.stages):
        return _kept(found)
    return [*_kept(found), *_finite(found), _steady(found), *_of_pairs(found)]


def _kept(found: PipelineRun) -> list[Check]:
    held = [kept(run, found.contract) for run in found.runs]
    return [_of_array(name, [each[name] for each in held]) for name in (held[0] if held else ())]


def _of_array(name: str, each: list[Kept]) -> Check:
    """An array is as asked if it is with every seed: one seed that it breaks with is enough."""
    broken = [one for one in each if one.holds is False]
    if broken:
        seeds = "" if len(broken) == len(each) else f" (with {len(broken)} of {len(each)} seeds)"
        note = f"{name}: {'; '.join(broken[0].broken)}{seeds}"
        return equals("contract_kept", False, True, note=note, names=(name.partition(".")[0],))
    if unknown := [one for one in each if one.holds is None]:
        return equals(
            "contract_kept", None, True, note=f"{name}: not known, because {'; '.join(unknown[0].unknown)}"
        )
    return equals("contract_kept", True, True, note=f"{name} is as its contract asks")


def _finite(found: PipelineRun) -> Iterator[Check]:
    """The first array that is not finite, unless its stage has logged a value that is not: that is told with its step."""
    for run in found.runs:
        for name, array in _arrays(run):
            if array.get("n_nonfinite"):
                if run.stage(name.partition(".")[0]).first_bad:
                    return
                note = f"the first array with values that are not finite is {name}: {nonfinite(array)}"
                yield equals("arrays_finite", False, True, **_about(note, name))
                return
    yield equals("arrays_finite", True, True, **_about("every array that a stage leaves is finite"))


def _steady(found: PipelineRun) -> Check:
    """Type and shape but for the first axis: how many rows there are may depend on random numbers."""
    for name, array in _arrays(found.runs[0]):
        for run in found.runs[1:]:
            other = dict(_arrays(run)).get(name)
            if other is not None and _form(other) != _form(array):
                note = f"{name} is {_in_words(array)} with seed {found.runs[0].seed} and {_in_words(other)} with seed {run.seed}"
                return equals("arrays_steady", False, True, **_about(note, name))
    return equals("arrays_steady", True, True, **_about("types and shapes are the same with every seed"))


def _of_pairs(found: PipelineRun) -> Iterator[Check]:
    run = found.runs[0]
    arrays = dict(_arrays(run))
    twins = [
        (f"{stage.name}.{train}", f"{stage.name}.{test}")
        for stage in run.stages
        for train, test in pairs(stage.arrays)
    ]
    if not twins:
        return
    other = [(test, said) for train, test in twins if (said := unlike(arrays[train], arrays[test]))]
    note = "; ".join(f"{test} is not like its twin for training: {'; '.join(said)}" for test, said in other)
    same = "the arrays for training and for testing are of the same types, shapes and scales"
    yield equals("test_like_train", not other, True, **_about(note or same, *(test for test, _ in other)))
    # Where rows repeat within the training data, they are no sign that a case is in both.
    leaks = [
        (test, train, row)
        for train, test in twins
        if (row := run.shared_rows.get(test)) and row["shared"] and arrays[train].get("n_repeated") == 0
    ]
    if any(test in run.shared_rows for _, test in twins):
        note = "; ".join(
            f"{row['shared']:,} of {row['rows']:,} rows of {test} are in {train}, too"
            for test, train, row in leaks
        )
        none = "no row for testing is among those for training"
        yield equals(
            "test_rows_unseen", not leaks, True, **_about(note or none, *(test for test, _, _ in leaks))
        )


def unlike(train: Row, test: Row) -> list[str]:
    """In what an array for testing is not like that for training, in words."""
    said = []
    if train["dtype"] != test["dtype"]:
        said.append(f"dtype {test['dtype']}, not {train['dtype']}")
    if len(train["shape"]) != len(test["shape"]) or train["shape"][1:] != test["shape"][1:]:
        said.append(f"shape {form(test['shape'])}, not {form(['…', *train['shape'][1:]])}")
    if min(train["size"], test["size"]) >= ENOUGH and "min" in train and "min" in test:
        scales = [max(abs(each["min"]), abs(each["max"])) for each in (train, test)]
        if max(scales) > SCALES * min(scales):
            said.append(f"values up to {scales[1]:.4g} in magnitude, not {scales[0]:.4g}")
    return said


def between(first: PipelineRun, other: PipelineRun) -> list[tuple[str, str, str]]:
    """Arrays whose form is another in two configurations, with the first seed: name, and the form in each."""
    if not (first.runs and other.runs):
        return []
    here, there = dict(_arrays(first.runs[0])), dict(_arrays(other.runs[0]))
    ran = [{stage.name for stage in each.runs[0].stages if stage.ran} for each in (first, other)]
    rows = []
    for name in dict.fromkeys([*here, *there]):
        if name.partition(".")[0] in ran[0] & ran[1]:
            forms = [
                _in_words(arrays[name]) if name in arrays else "no such array" for arrays in (here, there)
            ]
            if forms[0] != forms[1]:
                rows.append((name, *forms))
    return rows


def _arrays(run: SeedRun) -> Iterator[tuple[str, Row]]:
    for stage in run.stages:
        yield from ((f"{stage.name}.{name}", array) for name, array in stage.arrays.items())


def _form(array: Row) -> tuple[str, int, list[int]]:
    return array["dtype"], len(array["shape"]), array["shape"][1:]


def _in_words(array: Row) -> str:
    return f"{array['dtype']}, {form(array['shape'])}"


def _about(note: str, *arrays: str) -> dict[str, Any]:
    """What a remark on these arrays has beside its name and its answer."""
    stages = tuple(dict.fromkeys(array.partition(".")[0] for array in arrays))
    return {"note": note, "role": "remark", "names": stages}


ADVICE: Advice = {
    "contract_kept": "Make {names} leave what the contract asks for, or correct the entry of `CONTRACT` if that is wrong.",
}
"""Check that failed -> what to do."""
