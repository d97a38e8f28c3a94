"""The exit criteria of a case, answered one by one from what its trials measured: what has to be known, and to hold, before it is called repaired."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from faultline.criteria.trials import labels as names
from faultline.criteria.trials.runs import Results, Study, runs_of

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
    figures = [_figure(study, results, name) for name in row.get("holds", ())]
    tried = [_tried(choices, toggle) for toggle in row.get("tried", ())]
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
        "by_hand": row.get("by_hand", ""),
    }


def _figure(study: Study, results: Results, name: str) -> dict[str, Any]:
    """A figure in the repaired configuration and as it stands, with each fresh seed, and whether the repaired one is within its limit."""

    def of(configuration: Any) -> tuple[bool | None, list[float | None]]:
        runs = runs_of(results, configuration, study.fresh) if configuration else {}
        held = [run.holds(name) for run in runs.values()]
        complete = len(runs) == len(study.fresh) and None not in held
        holds = False if False in held else True if complete and held else None
        return holds, [run.reading(name).metric for run in runs.values()]

    holds, repaired = of(study.repaired)
    stands, values = of(study.failing)
    return {"figure": name, "holds": holds, "repaired": repaired, "stands_holds": stands, "stands": values}


def _tried(choices: Sequence[Mapping[str, Any]], toggle: str) -> dict[str, Any]:
    """What trials say of a toggle's choices; ``known``: whether each of them was tried, and at least one decided."""
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
    nothing = {None, names.NOT_TESTED, names.UNDECIDED, names.HIDDEN}
    known = bool(said) and all({row["alone"], row["put_back"]} - nothing for row in said)
    return {"toggle": toggle, "known": known, "choices": said}
