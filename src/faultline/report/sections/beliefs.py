"""What was believed of a case and what it asks for, beside what its trials say; and the words that pages of trials share."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from faultline.criteria.trials import labels as names
from faultline.report.markdown import code, number, paragraph, table, text

AUDIT = "in an audit's words"
SEEN = {
    names.CURES: "cures it alone",
    names.NEEDED: "is needed: without it the repaired configuration fails",
    names.HELPS: "helps, and does not cure",
    names.NO_EFFECT: "has no effect",
    names.HARMS: "makes it worse",
    names.UNDECIDED: "is undecided",
    names.UNCHANGED: "changes nothing that the criterion reads",
    names.HIDDEN: "cannot be seen, because the figure is not finite with it or without it",
    names.DELAYS: "only delays it: at the larger budget it fails again",
    names.NOT_CONVERGED: "needs more steps than it was given",
    names.BREAKS: "ends the run with an error",
    names.NOT_TESTED: "was not tested",
}
"""A label -> what the change does, in words."""


def hypotheses(trials: Mapping[str, Any]) -> str:
    rows = [
        [
            _belief(row),
            changes(row["changes"]),
            _predicted(row),
            f"**{row['outcome']}**",
            paragraph(_because(row)),
            audited(row["audit"], row["why"]),
        ]
        for row in trials["hypotheses"]
    ]
    header = ["what was believed", "the change", "predicted", "outcome", "because", AUDIT]
    return table(header, rows) if rows else ""


def audited(row: Mapping[str, str], told: str = "") -> str:
    """An audit's word, and why where that is not ``told`` beside it."""
    why = row["why"]
    return f"{row['word']}: {paragraph(why)}" if why and why != told else row["word"]


def _belief(row: Mapping[str, Any]) -> str:
    """Its name, the authors' words, and what they say of it."""
    status = f"status: {row['status']}" if row["status"] else ""
    more = "; ".join(filter(None, (row["severity"], status, row["place"])))
    said = f": “{text(row['says'])}”" if row["says"] else ""
    return f"{text(row['name'])}{said}{f' ({text(more)})' if more else ''}"


def _predicted(row: Mapping[str, Any]) -> str:
    if row["metric"] and row["predicts"] in ("up", "down", "unchanged"):
        went = {"up": "goes up", "down": "goes down", "unchanged": "stays the same"}[row["predicts"]]
        return f"{code(row['metric'])} {went}"
    if row["predicts"] == "holds":
        return f"{code(row['metric'])} holds"
    return {"cures": "it cures", "no_effect": "it has no effect", "harms": "it makes it worse"}[
        row["predicts"]
    ]


def _because(row: Mapping[str, Any]) -> str:
    if row["why"]:
        return row["why"]
    if row["label"] and row["label"] in (names.HIDDEN, names.UNDECIDED):
        return counts(row)
    if row["label"]:
        return f"the change {SEEN[row['label']]}; {counts(row)}"
    if row.get("difference"):
        return f"difference {interval(row['difference'])}"
    return ""


def exit_criteria(trials: Mapping[str, Any]) -> str:
    """What the case asks for before it is called repaired, a row each, with the figures that answer it."""
    rows = [
        [
            f"{text(row['name'])}: {text(row['says'])}",
            f"**{row['answer']}**",
            _of_exit(row, trials["symptom"]),
        ]
        for row in trials["exit_criteria"]
    ]
    return table(["exit criterion", "answer", "measured"], rows) if rows else ""


def _of_exit(row: Mapping[str, Any], broken: str | None) -> str:
    said = []
    if row["cause"]:
        said.append(f"the cause of {code(broken)}: {', '.join(map(code, row['cause']))}")
    said += [_figures(figure) for figure in row["figures"]]
    for each in row["tried"]:
        found = [
            f"to {text(choice['choice'])} {choice['alone'] or 'nothing'} alone, {choice['put_back'] or 'nothing'} put back ({choice['word']})"
            for choice in each["choices"]
        ]
        said.append(f"{code(each['toggle'])}: {', '.join(found) or 'not tried'}")
    return "; ".join([*said, *([paragraph(row["note"])] if row["note"] else [])])


def _figures(figure: Mapping[str, Any]) -> str:
    def side(values: list[float | None], holds: bool | None) -> str:
        shown = ", ".join("none" if value is None else number(value) for value in values)
        told = {True: "holds", False: "fails", None: "not known"}[holds]
        return f"{told} ({shown})" if any(value is not None for value in values) else told

    repaired = side(figure["repaired"], figure["holds"])
    if figure["scenario"]:
        return f"{code(figure['figure'])} in {text(figure['scenario'])} {repaired}"
    return (
        f"{code(figure['figure'])} {repaired}, as it stood {side(figure['stands'], figure['stands_holds'])}"
    )


def counts(row: Mapping[str, Any]) -> str:
    return f"with it, {row['changed_passes']} of {row['n']} runs hold; without it, {row['background_passes']}"


def interval(found: Mapping[str, float]) -> str:
    return f"{number(found['mean'])} [{number(found['low'])}, {number(found['high'])}]"


def changes(changes: Mapping[str, str]) -> str:
    return ", ".join(f"{code(name)} {text(choice)}" for name, choice in changes.items()) or "nothing"
