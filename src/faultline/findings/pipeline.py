"""What the stages of a pipeline show: one that raises, the first value that is not finite, and the criteria of the case."""

from __future__ import annotations

from typing import Any

from faultline.core.check import Check, equals
from faultline.core.errors import one_line
from faultline.core.sections.pipeline import PipelineRun, Reading, Wanted
from faultline.core.sections.record import Record
from faultline.core.sections.section import Row
from faultline.findings import data_contract
from faultline.findings.first_bad import explained
from faultline.findings.words import Advice

# Characters of a message that a note repeats: one that is longer fills the screen.
LONGEST = 200

_ASKED = {"<=": "at most", ">=": "at least", "==": "exactly"}


def checks(record: Record) -> list[Check]:
    """One check for each stage that raises, each criterion and each oracle, and a remark on the first value that is not finite."""
    found = record.pipeline
    return [*_ran(found), *_finite(found), *data_contract.checks(record), *_criteria(found), *_oracles(found)]


def _ran(pipeline: PipelineRun) -> list[Check]:
    errors: dict[str, list[tuple[int, Row]]] = {}
    for run in pipeline.runs:
        for stage in run.stages:
            if stage.error:
                errors.setdefault(stage.name, []).append((run.seed, stage.error))
    if not errors:
        return [equals("stages_run", True, True, note="every stage ran to its end")] if pipeline.runs else []
    rows = []
    for name, each in errors.items():
        error = each[0][1]
        where = f" in {error['where']}" if error["where"] else ""
        seeds = "" if len(each) == len(pipeline.runs) else f" with {len(each)} of {len(pipeline.runs)} seeds"
        own = error.get("stage", name)
        if "scenario" in error:
            seeds += f" in scenario {error['scenario']}, which stage {name} goes on from"
        note = f"stage {own} raises {error['type']}{where}{seeds}: {one_line(error['message'] or 'no message', LONGEST)}"
        rows.append(equals("stages_run", False, True, note=note, names=(own,)))
    return rows


def first_bad(pipeline: PipelineRun) -> tuple[str, Row] | None:
    """The first stage, with the first seed that has one, that logs a value which is not finite: its name, and where.

    What was logged in a scenario before came first, and names that ``scenario``.
    """
    names = [row["name"] for row in pipeline.stages]
    for name in names:
        for run in pipeline.runs:
            if (bad := run.stage(name).bad_before) is not None:
                return bad["stage"], bad
    for name in names:
        for run in pipeline.runs:
            if (bad := run.stage(name).first_bad) is not None:
                return name, bad
    return None


def _finite(pipeline: PipelineRun) -> list[Check]:
    bad = first_bad(pipeline)
    if bad is None and not any(stage.history for run in pipeline.runs for stage in run.stages):
        return []
    if bad is None:
        return [
            equals("terms_finite", True, True, note="every term that was logged is finite", role="remark")
        ]
    name, where = bad
    note = f"in stage {name}, {_first_in_words(where)}"
    return [equals("terms_finite", False, True, note=note, role="remark", names=(name,))]


def _first_in_words(where: Row) -> str:
    scenario = f" in scenario {where['scenario']}" if "scenario" in where else ""
    said = f"the first value that is not finite is {where['term']} at step {where['step']}{scenario}"
    why = explained(where)
    return f"{said}: {why}" if why else said


def _criteria(pipeline: PipelineRun) -> list[Check]:
    return [
        Check("criterion_holds", **_held(pipeline, figure, wanted, (figure.partition(".")[0],)))
        for figure, wanted in pipeline.criteria.items()
    ]


def _oracles(pipeline: PipelineRun) -> list[Check]:
    """An oracle accuses what it looks at, not itself."""
    found = []
    for figure, wanted in pipeline.oracles.items():
        names = (_looks_at(pipeline, figure.partition(".")[0]),)
        found.append(Check("oracle_agrees", **_held(pipeline, figure, wanted, names)))
    return found


def _looks_at(pipeline: PipelineRun, oracle: str) -> str:
    """The stage that an oracle checks: the last of those that it takes, or else the one with which it shares most toggles."""
    rows = {row["name"]: row for row in pipeline.stages}
    about = rows.get(oracle, {"inputs": (), "toggles": ()})
    oracles = {figure.partition(".")[0] for figure in pipeline.oracles} - {
        figure.partition(".")[0] for figure in pipeline.criteria
    }
    if oracle not in oracles:
        return oracle  # a stage like any other, one of whose figures is known beforehand
    others = [name for name in rows if name not in oracles]
    if taken := [name for name in others if name in about["inputs"]]:
        return taken[-1]
    shared = {name: len(set(rows[name]["toggles"]) & set(about["toggles"])) for name in others}
    best = max(others, key=lambda name: shared[name], default=oracle)
    return best if shared.get(best) else oracle


def _held(pipeline: PipelineRun, figure: str, wanted: Wanted, names: tuple[str, ...]) -> dict[str, Any]:
    """A figure held against its limit, as a check has it."""
    readings = [run.reading(figure) for run in pipeline.runs]
    held = pipeline.passes(figure)
    passed = pipeline.holds(figure)
    values = said(readings)
    note = f"{wanted.words}: {values}"
    if values != said(readings[:1]) and len(set(held)) == 1:
        note += f" with {len(readings)} seeds"
    if lacks := _lacks(pipeline, figure):
        note += f" ({lacks})"
    if not wanted.finite:
        note += f", must be {_ASKED[wanted.comparison]} {wanted.threshold:g}"
    if len(set(held)) > 1:
        note += f"; it holds with {held.count(True)} of {len(held)} seeds"
    bad = first_bad(pipeline)
    if wanted.finite and passed is False and bad and bad[0] == figure.partition(".")[0]:
        note += f"; {_first_in_words(bad[1])}"
    return {
        "value": next((reading.value for reading in readings if reading.value is not None), None),
        "threshold": wanted.threshold,
        "comparison": wanted.comparison,
        "passed": passed,
        "note": note,
        "names": names if passed is False else (),
    }


def _lacks(pipeline: PipelineRun, figure: str) -> str:
    """What a stage leaves in place of a figure that it never leaves, as one that is misspelled; empty where it does, or did not run."""
    stage, _, item = figure.partition(".")
    ran = [run.stage(stage) for run in pipeline.runs if run.stage(stage).ran]
    if not ran or any(each.reading(item).known for each in ran):
        return ""
    left = [*ran[0].facts, *ran[0].arrays, *ran[0].history.get("terms", {})]
    return f"{stage} leaves no number {item}; it leaves {', '.join(left) or 'nothing'}"


def said(readings: list[Reading]) -> str:
    """A figure with each seed, in words."""
    if not any(reading.known for reading in readings):
        return "not known"
    words = []
    for reading in readings:
        if not reading.known:
            words.append("not known")
        elif not reading.is_finite:
            words.append("not finite")
        elif reading.value is not None:
            words.append(f"{reading.value:.3g}")
        elif reading.lowest is None or reading.highest is None:
            words.append("finite")
        else:
            words.append(f"{reading.lowest:.3g} to {reading.highest:.3g}")
    return words[0] if len(set(words)) == 1 else ", ".join(words)


ADVICE: Advice = {
    "stages_run": "Mend what stage {names} raises: the page has the traceback.",
    "criterion_holds": "Read report_trials.md, which changes one choice at a time and tells which one breaks it in {names}; if there is none, set `trials` to `variants`.",
    "oracle_agrees": "Compare {names} with what the independent check computes.",
}
"""Check that failed -> what to do."""
