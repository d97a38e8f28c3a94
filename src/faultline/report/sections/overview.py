"""The summary's text: the answer first, in plain words, then what it rests on."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from faultline.core.record import pictures_of
from faultline.findings import thresholds
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
    "outcome",
    "error",
    "term_evaluates",
    "bends",
    "holding",
    "modes",
    "cliffs",
    "positive_definite",
    "prior_agrees",
    "posterior_exists",
    "posterior_integrates",
    "likelihood_peaks",
    "density_normalised",
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


def markdown(summary: Mapping[str, Any], records: Sequence[Mapping[str, Any]], suite: Path) -> str:
    """The text of the page; links and pictures are relative to ``suite``, and only what exists is linked."""
    present = [record for record in records if "asked" in record]
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
    case = summary.get("case")
    if not case:
        return "Diagnosis"
    name = Path(case).stem if case.endswith(".py") else case
    return f"What is wrong with {name}" if _accused(summary) else f"Diagnosis of {name}"


def _accused(summary: Mapping[str, Any]) -> bool:
    """Whether a part or a kind of cause is known to be at fault: more than a suspicion."""
    known = {summary.get("component"), summary.get("cause_class")} - {None, "unknown"}
    return summary.get("outcome") == "fail" and bool(known) and summary.get("confidence") != "low"


def _headline(summary: Mapping[str, Any]) -> str:
    """The answer in one line."""
    cause, part = labels.cause(summary.get("cause_class")), labels.parts(summary.get("component"))
    outcome = summary.get("outcome")
    if part or cause:
        line = f"The fault is in {_with_article(part)}" if part else "The part at fault is not isolated"
        line += f": {cause}." if cause else "; what kind of fault it is, the evidence does not decide."
    else:
        every = all(
            row["outcome"] == "pass" or (row["outcome"], row.get("kind")) == ("not_run", "sampling")  # a size
            for row in summary.get("groups") or []
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


def _warning(records: Sequence[Mapping[str, Any]]) -> str:
    mixed = settings.mixed(records)
    if not mixed:
        return ""
    return (
        f"> **Mixed settings.** The groups were not all run with the same {text(', '.join(mixed))}, so they cannot be held "
        "against each other without care. Run them again with one configuration; “How the groups were run” shows the difference."
    )


def _how_sure(summary: Mapping[str, Any]) -> str:
    if summary.get("outcome") != "pass" and not (summary.get("component") or summary.get("cause_class")):
        return "nothing is decided yet"
    sure = _SURE_OF_A_PASS if summary.get("outcome") == "pass" else _SURE
    return sure.get(summary.get("confidence")) or text(summary.get("confidence") or "not known")


def _answer(summary: Mapping[str, Any]) -> str:
    first = next(iter(summary.get("suspects") or []), {})
    found = _found(first.get("evidence") or summary.get("evidence") or [])
    nothing = summary.get("outcome") == "pass"
    isolated = labels.parts(summary.get("component"))
    part = isolated or ("none" if nothing else "not isolated")
    if isolated and set(first.get("variables") or ()) - set(first["names"]):
        part += f". Look first at {codes(first['variables'])}"
    lines = [
        f"- **Part at fault:** {part}",
        f"- **Kind of cause:** {labels.cause(summary.get('cause_class')) or ('none' if nothing else 'not known')}",
        f"- **How sure:** {_how_sure(summary)}",
        f"- **{'Remarks' if nothing and found else 'Evidence'}:** {'' if found else 'none'}".rstrip(),
        *(f"  - {line}" for line in found[:_MOST_EVIDENCE]),
    ]
    if also := _also(summary):
        lines.append(f"- **Also found:** {also}")
    return "\n".join(lines)


def _also(summary: Mapping[str, Any]) -> str:
    """Other faults that were measured, beside the first suspect."""
    others = [
        row
        for row in (summary.get("suspects") or [])[1:]
        if (row.get("score") or 0) >= thresholds.SCORE_FOUND
    ]
    return "; ".join(_names(row) + _class(row) for row in others)


def _next_steps(summary: Mapping[str, Any], suite: Path) -> str:
    """A paragraph, or a numbered list where there is more than one fault."""
    steps = [_in_plain_words(step, summary, suite) for step in summary.get("next_steps") or []]
    return steps[0] if len(steps) == 1 else "\n".join(f"{i}. {step}" for i, step in enumerate(steps, 1))


def _in_plain_words(paragraphs: Any, summary: Mapping[str, Any], suite: Path) -> str:
    """A paragraph in which ``group_3_sampling_baseline_minimal`` is read as ``group 3``, a link to its report."""
    shown = paragraph(paragraphs or "")
    for row in summary.get("groups") or []:
        short, report = f"group {row['number']}", f"report_{row['group']}.md"
        shown = shown.replace(
            text(row["group"]), link(short, report) if (suite / report).is_file() else short
        )
    return shown


def _found(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """Each piece of evidence once, with all groups that found the same."""
    same: dict[tuple[Any, ...], list[Mapping[str, Any]]] = {}
    for row in rows:
        same.setdefault((row.get("check"), row.get("note"), str(row.get("value"))), []).append(row)
    return [_evidence(found[0], [group_number(row.get("group")) for row in found]) for found in same.values()]


def _evidence(row: Mapping[str, Any], groups: Sequence[int]) -> str:
    """One piece of evidence: the groups, what was found in words, then the check with its value and its limit."""
    note = paragraph(row.get("note") or "").rstrip(".")
    *others, last = map(str, groups)
    line = f"Groups {', '.join(others)} and {last}" if others else f"Group {last}"
    line += f": {note}" if note else ""
    if row.get("check") in _IN_WORDS:
        return line
    wanted = labels.limit(row)
    return f"{line} ({code(row.get('check'))}: {labels.value(row.get('value'))}" + (
        f", wanted {wanted})" if wanted else ")"
    )


def _groups(summary: Mapping[str, Any], records: Sequence[Mapping[str, Any]], suite: Path) -> str:
    by_name = {record["group"]: record for record in records}
    rows = [_group_row(row, by_name.get(row["group"], {}), suite) for row in summary.get("groups") or []]
    header = ["group", "verdict", "divergences", "R-hat", "ESS", "E-BFMI", "at max depth", "time", "run"]
    return table(header, rows, right=range(2, 8)) if rows else "No group has run."


def _group_row(row: Mapping[str, Any], record: Mapping[str, Any], suite: Path) -> list[str]:
    cells = [_report_link(row, suite), labels.outcome({"outcome": row.get("outcome")})]
    if row.get("run"):
        cells += [
            f"{number(row.get('divergences'))} of {number(row.get('n_draws'))}",
            number(row.get("max_rhat")),
            number(row.get("min_ess"), 3),
            number(row.get("min_ebfmi"), 2),
            percent(row.get("max_treedepth_fraction")),
        ]
    else:
        cells += [""] * 5
    cells.append(seconds(row["seconds"]) if row.get("seconds") is not None else "")
    error = record.get("error") or {}
    if "not_run" in record:
        cells.append(text(record["not_run"]))
    elif error:
        cells.append(f"stopped at {text(error.get('stage'))}: {text(error.get('type'))}")
    else:
        status = f", {text(row['status'])}" if row.get("status") not in (None, "OK") else ""
        cells.append(text(row.get("run") or "not sampled") + status)
    return cells


def _report_link(row: Mapping[str, Any], suite: Path) -> str:
    title = text(f"{row.get('number')}. {row.get('title') or row['group']}")
    report = f"report_{row['group']}.md"
    return link(title, report) if (suite / report).is_file() else title


def _first_failing(summary: Mapping[str, Any], suite: Path) -> str:
    name = summary.get("first_failing_group")
    row = next((row for row in summary.get("groups") or [] if row["group"] == name), None)
    first = f"group {_report_link(row, suite)}" if row else "none"
    implied = _in_plain_words(summary.get("implication"), summary, suite)
    return f"**First failing group: {first}.** What the groups imply together: {implied}"


def _ruled_out(summary: Mapping[str, Any]) -> str:
    lines = [
        f"- {_names(row)}{_class(row)}: {paragraph(row.get('reason'))} (group {group_number(row.get('group'))})"
        for row in summary.get("ruled_out") or []
    ]
    return "\n".join(lines) or "Nothing is ruled out yet."


def _class(row: Mapping[str, Any]) -> str:
    return f", {cause}" if (cause := labels.cause(row.get("cause_class"))) else ""


def _names(row: Mapping[str, Any]) -> str:
    names = list(row.get("names") or [])
    more = f" and {len(names) - _MOST_NAMES} more" if len(names) > _MOST_NAMES else ""
    return ", ".join(labels.part(name) for name in names[:_MOST_NAMES]) + more


def _suspects(summary: Mapping[str, Any]) -> str:
    rows = [
        [
            str(i),
            _names(row),
            f"({row['cause_class']})" if row.get("cause_class") else "",
            number(row.get("score"), 2),
            "; ".join(_found(row.get("evidence") or [])[:_MOST_REASONS]),
        ]
        for i, row in enumerate(summary.get("suspects") or [], start=1)
    ]
    if not rows:
        return "None."
    note = "The score orders the suspects by the kind of evidence; it is no probability."
    return table(["", "part", "class", "score", "because"], rows, right=[0, 3]) + f"\n\n{note}"


def _all_evidence(summary: Mapping[str, Any]) -> str:
    rows = [
        [
            str(group_number(row.get("group"))),
            labels.result(row),
            code(row.get("check")),
            labels.value(row.get("value")),
            labels.limit(row),
            text(row.get("note") or ""),
        ]
        for row in summary.get("evidence") or []
    ]
    return (
        table(["group", "result", "check", "measured", "limit", "in words"], rows, right=[0, 3])
        if rows
        else "None."
    )


def _pictures(summary: Mapping[str, Any], suite: Path) -> str:
    """Where it shows: what taking the model apart showed of a suspect, and of the first failing group that sampled."""
    apart = next((row["group"] for row in summary.get("groups") or [] if row.get("kind") == "apart"), None)
    suspects = [_drawn(apart, file, suite) for file in _TAKEN_APART] if apart else []
    name = summary.get("first_failing_sampling_group") or summary.get("first_failing_group")
    diverges = any(row["group"] == name and row.get("divergences") for row in summary.get("groups") or [])
    files = _TELLING if diverges or not suspects else [file for file in _TELLING if file != _DIVERGENCES]
    telling = [found for file in files if (found := _drawn(name, file, suite))]
    found = [picture for picture in suspects if picture]
    found += telling[: _MOST_PICTURES - bool(found)]
    return "\n\n".join(["## Where it shows", *found]) if found else ""


def _drawn(group: Any, file: str, suite: Path) -> str:
    """A picture of a group, if there was something to draw."""
    manifest = suite / "plots" / str(group) / "artifacts_manifest.json"
    if not group or not manifest.is_file():
        return ""
    title = next(
        (row["title"] for row in pictures_of(manifest) if row["file"] == file and row.get("drawn")),
        None,
    )
    if title is None or not (manifest.parent / file).is_file():
        return ""
    return image(f"Group {group_number(group)}: {title}", f"plots/{group}/{file}")


def _files(suite: Path) -> str:
    lines = [f"- this summary for programs: {link(code('results/summary.json'), 'results/summary.json')}"]
    archived = [path for path in (suite / "archive").glob("*") if path.is_file()]
    if archived:
        lines.append(
            f"- {plural(len(archived), 'file')} of earlier tools in {link(code('archive/'), 'archive/')}, kept and not used: "
            "this page speaks of the current set only"
        )
    return "\n".join(lines)
