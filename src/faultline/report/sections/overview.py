"""The summary's text: the answer first, in plain words, then what it rests on."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from faultline.core.record import pictures_of
from faultline.core.sections.record import Record
from faultline.core.sections.section import Row
from faultline.findings.finding import SCORE_FOUND
from faultline.report import labels
from faultline.report.markdown import (
    code,
    codes,
    image,
    link,
    number,
    paragraph,
    percent,
    plural,
    seconds,
    table,
    text,
)
from faultline.report.sections import settings, sizes

_DIVERGENCES = "divergence_pairs.png"
_TELLING = (_DIVERGENCES, "rhat_ess.png", "logp_terms.png", "gradient.png")
_TAKEN_APART = ("suspects.png", "held.png")
# What says in words all that its value and its limit would.
_IN_WORDS = (
    *("outcome", "error", "term_evaluates", "bends", "holding", "modes", "cliffs", "positive_definite"),
    *("prior_agrees", "posterior_exists", "posterior_integrates", "likelihood_peaks", "density_normalised"),
)
_MOST_PICTURES, _MOST_EVIDENCE, _MOST_REASONS, _MOST_NAMES = 2, 5, 3, 8
_SURE = {
    "high": "high: a counterexample shows it",
    "medium": "medium: the evidence points here, and no remedy has been tried yet",
    "low": "low: a suspicion, not a finding",
}
_SURE_OF_A_PASS = {
    "medium": "medium: nothing that was tried finds a fault, which does not show that the model is right",
    "low": "low: some of what should be tried was not, or the runs disagree",
}


def markdown(summary: Mapping[str, Any], records: Sequence[Record], suite: Path) -> str:
    """The text of the page; links and pictures are relative to ``suite``, and only what exists is linked."""
    present = [record for record in records if record.asked]
    parts = [
        f"# {text(title(summary))}",
        f"**{_headline(summary)}**",
        _warning(present),
        _answer(summary),
        "## What to do next",
        _next_steps(summary, suite),
        _pictures(summary, suite),
        "## All groups",
        _groups(summary, records, suite),
        sizes.section(summary, suite),
        "## First group to fail, and what it implies",
        _first_failing(summary, suite),
        "## What is ruled out",
        _ruled_out(summary),
        "## Suspects, ranked",
        _suspects(summary),
        "## All evidence",
        _all_evidence(summary),
        "## How the groups were run",
        settings.section(present),
        "## Files",
        _files(suite),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


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


def _headline(summary: Mapping[str, Any]) -> str:
    """The answer in one line."""
    cause, part = labels.CAUSES.get(summary["cause_class"]), labels.parts(summary["component"])
    outcome = summary["outcome"]
    if part or cause:
        line = f"The fault is in {_with_article(part)}" if part else "The part at fault is not isolated"
        line += f": {cause}." if cause else "; the evidence does not decide the kind of fault."
    else:
        every = all(
            row["outcome"] == "pass" or (row["outcome"], row["kind"]) == ("not_run", "sampling")  # a size
            for row in summary["groups"]
        )
        line = {
            "pass": f"No fault found: {'every group passed' if every else 'the model samples well'}.",
            "fail": "The model fails, and the groups do not isolate the part at fault.",
            "error": "No answer yet: a group ended with an error.",
            "not_run": "No answer: no group has run.",
        }.get(outcome, "No answer yet: the groups that ran cannot decide.")
    return f"{labels.MARKS.get(outcome, '?')} {line}"


def _with_article(part: str) -> str:
    return part if part.startswith("`") else f"the {part}"


def _warning(records: Sequence[Record]) -> str:
    mixed = settings.mixed(records)
    if not mixed:
        return ""
    return (
        f"> **Mixed settings.** The groups were not all run with the same {text(', '.join(mixed))}, so compare them with "
        "care. Run them again with one configuration; “How the groups were run” shows the difference."
    )


def _how_sure(summary: Mapping[str, Any]) -> str:
    if summary["outcome"] != "pass" and not (summary["component"] or summary["cause_class"]):
        return "nothing is decided yet"
    sure = _SURE_OF_A_PASS if summary["outcome"] == "pass" else _SURE
    return sure.get(summary["confidence"], text(summary["confidence"]))


def _answer(summary: Mapping[str, Any]) -> str:
    first = next(iter(summary["suspects"]), None)
    found = _found((first and first["evidence"]) or summary["evidence"])
    nothing = summary["outcome"] == "pass"
    isolated = labels.parts(summary["component"])
    part = isolated or ("none" if nothing else "not isolated")
    if isolated and first and set(first["variables"]) - set(first["names"]):
        part += f". Look first at {codes(first['variables'])}"
    lines = [
        f"- **Part at fault:** {part}",
        f"- **Kind of cause:** {labels.cause(summary['cause_class']) or ('none' if nothing else 'not known')}",
        f"- **How sure:** {_how_sure(summary)}",
        f"- **{'Remarks' if nothing and found else 'Evidence'}:** {'' if found else 'none'}".rstrip(),
        *(f"  - {line}" for line in found[:_MOST_EVIDENCE]),
    ]
    if also := _also(summary):
        lines.append(f"- **Also found:** {also}")
    return "\n".join(lines)


def _also(summary: Mapping[str, Any]) -> str:
    """Other faults that were measured, beside the first suspect."""
    others = [row for row in summary["suspects"][1:] if row["score"] >= SCORE_FOUND]
    return "; ".join(_names(row) + _class(row) for row in others)


def _next_steps(summary: Mapping[str, Any], suite: Path) -> str:
    """A paragraph, or a numbered list where there is more than one fault."""
    steps = [_in_plain_words(step, summary, suite) for step in summary["next_steps"]]
    return steps[0] if len(steps) == 1 else "\n".join(f"{i}. {step}" for i, step in enumerate(steps, 1))


def _in_plain_words(words: str, summary: Mapping[str, Any], suite: Path) -> str:
    """A paragraph in which ``group_3_sampling_baseline_minimal`` is read as ``group 3``, a link to its report."""
    shown = paragraph(words)
    for row in summary["groups"]:
        short, report = f"group {row['number']}", f"report_{row['group']}.md"
        name = link(short, report) if (suite / report).is_file() else short
        shown = shown.replace(text(row["group"]), name)
    return shown


def _found(rows: Sequence[Row]) -> list[str]:
    """Each piece of evidence once, with all groups that found the same."""
    same: dict[tuple[Any, ...], list[Row]] = {}
    for row in rows:
        same.setdefault((row["check"], row["note"], str(row["value"])), []).append(row)
    return [_evidence(found[0], [group_number(row["group"]) for row in found]) for found in same.values()]


def _evidence(row: Row, groups: Sequence[int]) -> str:
    """One piece of evidence: the groups, what was found in words, then the check with its value and its limit."""
    note = paragraph(row["note"]).rstrip(".")
    *others, last = map(str, groups)
    line = f"Groups {', '.join(others)} and {last}" if others else f"Group {last}"
    line += f": {note}" if note else ""
    if row["check"] in _IN_WORDS:
        return line
    wanted = f", wanted {limit}" if (limit := labels.limit(row)) else ""
    return f"{line} ({code(row['check'])}: {labels.value(row['value'])}{wanted})"


def _groups(summary: Mapping[str, Any], records: Sequence[Record], suite: Path) -> str:
    by_name = {record.group: record for record in records}
    rows = [_group_row(row, by_name[row["group"]], suite) for row in summary["groups"]]
    header = ["group", "verdict", "divergences", "R-hat", "ESS", "E-BFMI", "at max depth", "time", "run"]
    return table(header, rows, right=range(2, 8)) if rows else "No group has run."


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


def _first_failing(summary: Mapping[str, Any], suite: Path) -> str:
    name = summary["first_failing_group"]
    row = next((row for row in summary["groups"] if row["group"] == name), None)
    first = f"group {_report_link(row, suite)}" if row else "none"
    implied = _in_plain_words(summary["implication"], summary, suite)
    return f"**First failing group: {first}.** What the groups imply together: {implied}"


def _ruled_out(summary: Mapping[str, Any]) -> str:
    lines = [
        f"- {_names(row)}{_class(row)}: {paragraph(row['reason'])} (group {group_number(row['group'])})"
        for row in summary["ruled_out"]
    ]
    return "\n".join(lines) or "Nothing is ruled out yet."


def _class(row: Row) -> str:
    return f", {cause}" if (cause := labels.cause(row["cause_class"])) else ""


def _names(row: Row) -> str:
    names = row["names"]
    more = f" and {len(names) - _MOST_NAMES} more" if len(names) > _MOST_NAMES else ""
    return ", ".join(labels.part(name) for name in names[:_MOST_NAMES]) + more


def _suspects(summary: Mapping[str, Any]) -> str:
    rows = [
        [
            str(i),
            _names(row),
            f"({row['cause_class']})" if row["cause_class"] else "",
            number(row["score"], 2),
            "; ".join(_found(row["evidence"])[:_MOST_REASONS]),
        ]
        for i, row in enumerate(summary["suspects"], start=1)
    ]
    if not rows:
        return "None."
    note = "The score orders the suspects by the kind of evidence; it is not a probability."
    return table(["", "part", "class", "score", "because"], rows, right=[0, 3]) + f"\n\n{note}"


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


def _pictures(summary: Mapping[str, Any], suite: Path) -> str:
    """Where it shows: what taking the model apart showed of a suspect, and of the first failing group that sampled."""
    apart = next((row["group"] for row in summary["groups"] if row["kind"] == "apart"), None)
    suspects = [_drawn(apart, file, suite) for file in _TAKEN_APART] if apart else []
    name = summary["first_failing_sampling_group"] or summary["first_failing_group"]
    diverges = any(row["group"] == name and row["divergences"] for row in summary["groups"])
    files = _TELLING if diverges or not suspects else [file for file in _TELLING if file != _DIVERGENCES]
    telling = [picture for file in files if (picture := _drawn(name, file, suite))]
    found = [picture for picture in suspects if picture]
    found += telling[: _MOST_PICTURES - bool(found)]
    return "\n\n".join(["## Where it shows", *found]) if found else ""


def _drawn(group: Any, file: str, suite: Path) -> str:
    """A picture of a group, if there was something to draw."""
    manifest = suite / "plots" / str(group) / "artifacts_manifest.json"
    if not group or not manifest.is_file():
        return ""
    titles = {row["file"]: row["title"] for row in pictures_of(manifest) if row.get("drawn")}
    if file not in titles or not (manifest.parent / file).is_file():
        return ""
    return image(f"Group {group_number(group)}: {titles[file]}", f"plots/{group}/{file}")


def _files(suite: Path) -> str:
    lines = [f"- this summary for programs: {link(code('results/summary.json'), 'results/summary.json')}"]
    archived = [path for path in (suite / "archive").glob("*") if path.is_file()]
    if archived:
        lines.append(
            f"- {plural(len(archived), 'file')} of earlier tools in {link(code('archive/'), 'archive/')}, kept but not used: "
            "this page covers the current set only"
        )
    return "\n".join(lines)
