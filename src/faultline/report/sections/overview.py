"""The summary's text: the answer first, in plain words, then what it rests on."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from faultline.core.sections.record import Record
from faultline.core.sections.section import Row
from faultline.diagnosis.answer import Answer
from faultline.diagnosis.summarise import failing_run
from faultline.report import first_screen, labels
from faultline.report.markdown import (
    code,
    link,
    number,
    paragraph,
    percent,
    plural,
    seconds,
    table,
    text,
)
from faultline.report.sections import data_contract, remedies, settings, sizes
from faultline.report.sections.beliefs import exit_criteria
from faultline.report.templates import render

_MOST_REASONS, _MOST_NAMES = 3, 8


def markdown(
    summary: Mapping[str, Any],
    records: Sequence[Record],
    suite: Path,
    trials: Mapping[str, Any] | None = None,
) -> str:
    """The text of the page; links and pictures are relative to ``suite``, and only what exists is linked."""
    present = [record for record in records if record.asked]
    answer = Answer.of(summary["answer"])
    sections = {
        "Changes that were tried": remedies.section(summary.get("remedies")),
        "All groups": _groups(summary, records, suite),
        "Exit criteria": exit_criteria(trials) if trials else "",
        "Trials": _trials(summary, suite),
        "Data contract": data_contract.compared(present),
        "Stages side by side": data_contract.pictures(present, suite),
        "Size ladder": sizes.section(summary, suite),
        "First group to fail, and what it implies": _first_failing(summary, answer, suite),
        "What is ruled out": _ruled_out(summary),
        "What this run would have caught": _caught(summary),
        "Suspects, ranked": _suspects(summary),
        "All evidence": _all_evidence(summary),
        "How the groups were run": settings.section(present),
        "Files": _files(summary, suite),
    }
    return render(
        "summary.md",
        title=text(title(summary)),
        answer=first_screen.markdown(answer, suite),
        warning=_warning(present),
        sections=sections.items(),
    )


def _trials(summary: Mapping[str, Any], suite: Path) -> str:
    page = "report_trials.md"
    if "trials" not in summary:
        return ""
    name = link(page, page) if (suite / page).is_file() else code(page)
    return f"One choice was changed at a time. {name} says what each change does, alone and put back."


def group_number(name: Any) -> int:
    """3 for ``group_3_sampling_baseline_minimal``; 0 where the name has none."""
    match = re.match(r"group_(\d+)", str(name))
    return int(match[1]) if match else 0


def title(summary: Mapping[str, Any]) -> str:
    case = summary["case"]
    if not case:
        return "Diagnosis"
    name = Path(case).stem if case.endswith(".py") else case
    return f"What is wrong with {name}" if _accused(summary) else f"Diagnosis of {name}"


def _accused(summary: Mapping[str, Any]) -> bool:
    """Whether a part or a kind of cause is known to be at fault: more than a suspicion."""
    known = {summary["component"], summary["cause_class"]} - {None, "unknown"}
    return summary["outcome"] == "fail" and bool(known) and summary["confidence"] != "low"


def _warning(records: Sequence[Record]) -> str:
    mixed = settings.mixed(records)
    if not mixed or all(record.pipeline for record in records):  # which differ on purpose
        return ""
    return (
        f"> **Mixed settings.** The groups were not all run with the same {text(', '.join(mixed))}, so compare them with "
        "care. Run them again with one configuration; “How the groups were run” shows the difference."
    )


def _groups(summary: Mapping[str, Any], records: Sequence[Record], suite: Path) -> str:
    by_name = {record.group: record for record in records}
    rows = [_group_row(row, by_name[row["group"]], suite) for row in summary["groups"]]
    header = ["group", "verdict", "divergences", "R-hat", "ESS", "E-BFMI", "at max depth", "time", "run"]
    shown = range(len(header))
    if all(record.pipeline for record in records):  # which sample nothing
        shown = [0, 1, 7]
    cells = [[row[place] for place in shown] for row in (header, *rows)]
    right = [place for place, column in enumerate(shown) if 2 <= column < 8]
    return table(cells[0], cells[1:], right=right) if rows else "No group has run."


def _group_row(row: Row, record: Record, suite: Path) -> list[str]:
    figures = [""] * 5
    if row["run"]:
        figures = [
            f"{number(row['divergences'])} of {number(row['n_draws'])}",
            number(row["max_rhat"]),
            number(row["min_ess"], 3),
            number(row["min_ebfmi"], 2),
            percent(row["max_treedepth_fraction"]),
        ]
    time = seconds(row["seconds"]) if row["seconds"] is not None else ""
    run = text(row["run"] or "not sampled")
    if record.not_run:
        run = text(record.not_run)
    elif record.error:
        run = f"stopped at {text(record.error.stage)}: {text(record.error.type)}"
    elif row["status"] not in (None, "OK"):
        run += f", {text(row['status'])}"
    return [_report_link(row, suite), labels.outcome(row["outcome"]), *figures, time, run]


def _report_link(row: Row, suite: Path) -> str:
    title = text(f"{row['number']}. {row['title'] or row['group']}")
    report = f"report_{row['group']}.md"
    return link(title, report) if (suite / report).is_file() else title


def _first_failing(summary: Mapping[str, Any], answer: Answer, suite: Path) -> str:
    name = summary["first_failing_group"]
    row = next((row for row in summary["groups"] if row["group"] == name), None)
    first = f"group {_report_link(row, suite)}" if row else "none"
    implied = first_screen.in_plain_words(summary["implication"], answer.groups, suite)
    return f"**First failing group: {first}.** What the groups imply together: {implied}"


def _ruled_out(summary: Mapping[str, Any]) -> str:
    lines = [
        f"- {_names(row)}{_class(row)}: {paragraph(row['reason'])} (group {group_number(row['group'])})"
        for row in summary["ruled_out"]
    ]
    lines += [f"- {paragraph(line)}" for line in summary["answer"].get("cleared", ())]
    return "\n".join(lines) or "Nothing is ruled out yet."


def _caught(summary: Mapping[str, Any]) -> str:
    """What a pass is worth; nothing where it is none."""
    rows = [
        [
            text(row["words"]),
            "certain" if row["chance"] is None else percent(row["chance"]),
            str(group_number(row["group"])),
        ]
        for row in summary.get("caught", ())
    ]
    if not rows:
        return ""
    return (
        f"{table(['fault', 'chance that the group does not pass', 'group'], rows, right=[1, 2])}\n\n"
        "The diagnosis does not notice a mode that no chain visits, or a model that samples well and does not describe the data."
    )


def _class(row: Row) -> str:
    return f", {cause}" if (cause := labels.cause(row["cause_class"])) else ""


def _names(row: Row) -> str:
    names = row["names"]
    more = f" and {len(names) - _MOST_NAMES} more" if len(names) > _MOST_NAMES else ""
    return ", ".join(labels.part(name) for name in names[:_MOST_NAMES]) + more


def _reasons(rows: Sequence[Row]) -> list[str]:
    """Each reason once, with all groups that found the same."""
    same: dict[str, list[int]] = {}
    for row in rows:
        same.setdefault(paragraph(row["note"]).rstrip("."), []).append(group_number(row["group"]))
    return [f"{note} (group {', '.join(map(str, numbers))})" for note, numbers in same.items()]


def _suspects(summary: Mapping[str, Any]) -> str:
    rows = [
        [
            str(i),
            _names(row),
            labels.cause(row["cause_class"]) or "",
            number(row["score"], 2),
            "; ".join(_reasons(row["evidence"])[:_MOST_REASONS]),
        ]
        for i, row in enumerate(summary["suspects"], start=1)
    ]
    if not rows:
        return "None."
    note = "The score orders the suspects by the kind of evidence; it is not a probability."
    return table(["rank", "part", "kind of cause", "score", "because"], rows, right=[0, 3]) + f"\n\n{note}"


def _all_evidence(summary: Mapping[str, Any]) -> str:
    rows = [
        [
            str(group_number(row["group"])),
            labels.result(row),
            code(row["check"]),
            labels.value(row["value"]),
            labels.limit(row),
            text(row["note"]),
        ]
        for row in summary["evidence"]
    ]
    header = ["group", "result", "check", "measured", "limit", "in words"]
    return table(header, rows, right=[0, 3]) if rows else "None."


def _files(summary: Mapping[str, Any], suite: Path) -> str:
    lines = [f"- this summary for programs: {link(code('results/summary.json'), 'results/summary.json')}"]
    file = Path(str(summary["case"]).partition(":")[0])
    if failing_run(summary) and file.suffix == ".py":
        lines.append(
            f"- to ask others: {code(f'faultline minimize {file}')} writes the shortest version of {text(file.name)} that still fails"
        )
    archived = [path for path in (suite / "archive").glob("*") if path.is_file()]
    if archived:
        lines.append(
            f"- {plural(len(archived), 'file')} of earlier tools in {link(code('archive/'), 'archive/')}, kept but not used: "
            "this page covers the current set only"
        )
    return "\n".join(lines)
