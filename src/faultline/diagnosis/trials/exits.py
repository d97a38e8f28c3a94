"""The exit criteria of a case, answered one by one from what its trials measured: what has to be known, and to hold, before it is called repaired."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from faultline.core.configuration import SCENARIO, changed
from faultline.criteria.trials import labels as names
from faultline.criteria.trials.runs import Results, Study, runs_of
from faultline.diagnosis.trials.audit import NOT_TESTABLE

MET, NOT_MET, OPEN, BY_HAND = "met", "not met", "open", "not measured here"


def answered(
    study: Study, results: Results, choices: Sequence[Mapping[str, Any]], cause: Sequence[str]
) -> list[dict[str, Any]]:
    """Each exit criterion of a study, in order.

    Parameters
    ----------
    study, results
        What was tried, and the runs.
    choices
        As ``trials.json`` has them.
    cause
        What the trials name as the cause of the symptom; empty where they name none.
    """
    return [_answered(study, results, choices, cause, row) for row in study.exit_criteria]


def _answered(
    study: Study,
    results: Results,
    choices: Sequence[Mapping[str, Any]],
    cause: Sequence[str],
    row: Mapping[str, Any],
) -> dict[str, Any]:
    own = dict(study.failing).get(SCENARIO)
    places = [None, *(name for name in row.get("scenarios", ()) if name != own)]
    figures = [_figure(study, results, name, place) for place in places for name in row.get("holds", ())]
    tried = [_tried(choices, toggle, len(study.fresh)) for toggle in row.get("tried", ())]
    named = list(cause) if row.get("cause") else None
    known = [figure["holds"] for figure in figures]
    known += [True if each["known"] else None for each in tried]
    known += [True if named else None] if named is not None else []
    answer = NOT_MET if False in known else OPEN if None in known else MET
    return {
        "name": row["name"],
        "says": row["says"],
        "answer": answer if known else BY_HAND,
        "figures": figures,
        "tried": tried,
        "cause": named,
        "note": row.get("by_hand") or row.get("note", ""),
    }


def _figure(study: Study, results: Results, name: str, scenario: str | None) -> dict[str, Any]:
    """A figure in the repaired configuration, with each fresh seed, and whether it is within its limit there; in the suite's own scenario
    also as it stands."""

    def of(configuration: Any) -> tuple[bool | None, list[float | None]]:
        runs = runs_of(results, configuration, study.fresh) if configuration else {}
        held = [run.holds(name) for run in runs.values()]
        complete = len(runs) == len(study.fresh) and None not in held
        holds = False if False in held else True if complete and held else None
        return holds, [run.reading(name).metric for run in runs.values()]

    there = study.repaired if scenario is None else changed(study.repaired or (), {SCENARIO: scenario})
    holds, repaired = of(there)
    stands, values = of(study.failing) if scenario is None else (None, [])
    return {
        "figure": name,
        "scenario": scenario,
        "holds": holds,
        "repaired": repaired,
        "stands_holds": stands,
        "stands": values,
    }


def _ran(label: Mapping[str, Any] | None, n: int) -> bool:
    """Whether a change has run with as many seeds as its label needs: what differs at the screening with all fresh ones."""
    if label is None or label["label"] == names.NOT_TESTED:
        return False
    return label["label"] != names.UNDECIDED or label["n"] >= n


def _tried(choices: Sequence[Mapping[str, Any]], toggle: str, n: int) -> dict[str, Any]:
    """What trials say of a toggle's choices; ``known``: whether each of them was tried with all the seeds that it needs, or is shown to change
    nothing, and at least one changes something."""
    rows = [row for row in choices if row["toggle"] == toggle]
    said = [
        {
            "stands": row["stands"],
            "choice": row["choice"],
            "alone": row["alone"]["label"] if row["alone"] else None,
            "put_back": row["put_back"]["label"] if row["put_back"] else None,
            "word": row["audit"]["word"],
        }
        for row in rows
    ]
    idle = [row for row in rows if row["audit"]["word"] == NOT_TESTABLE]
    tried = [row for row in rows if row not in idle and (_ran(row["alone"], n) or _ran(row["put_back"], n))]
    known = bool(tried) and len(idle) + len(tried) == len(rows)
    return {"toggle": toggle, "known": known, "choices": said}
