"""``report_trials.md``: what each change does, alone and put back; which choice is a defect; what became of the hypotheses."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from faultline.core.commits import REVISION
from faultline.core.configuration import DATASET
from faultline.core.errors import one_line
from faultline.core.record import save_text
from faultline.criteria.trials import labels as names
from faultline.diagnosis.trials import audit
from faultline.diagnosis.trials.found import headlines
from faultline.report import html
from faultline.report.markdown import code, image, link, paragraph, plural, table, text
from faultline.report.sections.beliefs import (
    AUDIT,
    SEEN,
    audited,
    changes,
    counts,
    exit_criteria,
    hypotheses,
    interval,
)
from faultline.report.templates import render
from faultline.store.suite import EMBEDDED

PICTURE = "plots/trials.png"
TITLE = "Trials: one change at a time"
MEANS = {
    **SEEN,
    names.CURES: "makes the criterion hold with every fresh seed, and without it the criterion holds with none",
    names.NEEDED: "is part of the repair, and without it the criterion fails with every fresh seed",
    names.HELPS: "moves the figure the right way by more than the seeds and the margin explain, and does not cure",
    names.NO_EFFECT: "moves the figure by less than the margin",
    names.HARMS: "makes the criterion fail, or moves the figure the wrong way by more than the seeds and the margin explain",
    names.UNDECIDED: "may matter or not: the runs do not tell",
    names.UNCHANGED: "leaves what the criterion reads exactly as it was",
}
"""A label -> what it stands for, exactly."""


def write_page(suite: Path, trials: Mapping[str, Any]) -> None:
    """Write the page as Markdown and HTML, and in ``embedded/`` as it goes inside another one."""
    words = markdown(trials)
    save_text(suite / "report_trials.md", f"{words}\n{html.MADE_BY}\n")
    for folder, links in ((suite, True), (suite / EMBEDDED, False)):
        save_text(folder / "report_trials.html", html.page(TITLE, words, suite, links))


def markdown(trials: Mapping[str, Any]) -> str:
    """The text of the page."""
    sections = {
        "What was believed": hypotheses(trials),
        "Exit criteria": exit_criteria(trials),
        "Which commit": _commits(trials),
        "Each choice": _choices(trials),
        "Changes that are needed together": _sets(trials),
        "Every criterion": _labels(trials),
        "How to read this": _explained(trials),
        "What ran": _ran(trials),
        "Files": f"- these results for programs: {link(code('results/trials.json'), 'results/trials.json')}",
    }
    return render(
        "group.md",
        title=TITLE,
        verdict="\n\n".join(f"**{paragraph(line)}**" for line in headlines(trials)),
        error="",
        summary=link("Summary of all groups", "report_summary.md"),
        sections=[(title, body) for title, body in sections.items() if body],
    )


def _commits(trials: Mapping[str, Any]) -> str:
    """The commits that were looked at between two revisions."""
    found = trials["bisection"]
    if found is None:
        return ""
    first, last = (
        (found["last"], found["first"]) if found["repaired_later"] else (found["first"], found["last"])
    )
    lead = (
        f"A search by halves among {plural(found['commits'], 'revision')}, from {code(first['name'])} to {code(last['name'])}, looked at "
        f"{len(found['tried'])} of them in {plural(found['runs'], 'run')}. "
    )
    if found["works"]:
        lead += "The two that it names were verified on seeds that it had not seen."
    if found["parted"]:
        lead += f" The two histories part at {code(found['first']['name'])}."
    errors = {row["changes"].get(REVISION): said for row in trials["trials"] if (said := _ended_with(row))}
    rows = [
        [
            code(row["name"]),
            text(row["date"]),
            text(row["subject"]),
            str(row["holds"]),
            str(row["fails"]),
            str(row["unknown"]),
            text(errors.get(row["name"], "")),
        ]
        for row in (found["tried"][::-1] if found["repaired_later"] else found["tried"])
    ]
    header = ["revision", "date", "subject", "runs hold", "fail", "not known", "because"]
    kept = len(header) if any(row[-1] for row in rows) else len(header) - 1
    parts = [lead, table(header[:kept], [row[:kept] for row in rows])]
    for fails, works in found["not_monotone"]:
        parts.append(
            f"{code(fails)} fails and {code(works)}, which comes {'earlier' if found['repaired_later'] else 'later'}, works: it breaks more than once."
        )
    return "\n\n".join(parts)


def _choices(trials: Mapping[str, Any]) -> str:
    if not trials["choices"]:
        return ""
    broken = trials["symptom"]
    rows = [
        [
            code(row["toggle"]),
            f"{text(row['stands'])} → {text(row['choice'])}",
            text(row["defect"] or ""),
            _cell(row["alone"]),
            _cell(row["put_back"]),
            audited(row["audit"]),
        ]
        for row in trials["choices"]
    ]
    first = "the configuration as it stands breaks"
    if trials["compare"]:
        first = "the side that fails breaks"
        first += " and the side that works holds" * (trials["repaired_holds"].get(broken) is True)
    lead = f"The symptom is {code(broken)}, the first criterion that {first}. " if broken else ""
    if any(row["toggle"] == DATASET for row in trials["choices"]):
        lead += "The data differ, and so do the posteriors: only how well the sampler works is compared. "
    lead += (
        "Under “alone”, the side that fails has one thing that the side that works has; under “put back” it is the reverse."
        if trials["compare"]
        else "Under “alone”, one choice of the configuration as it stands is changed."
    )
    if trials["repaired"] is not None and not trials["compare"]:
        lead += " Under “put back”, one choice of the repaired one is changed: where the choice is part of the repair, it is put back."
    header = [
        "choice",
        "fails → works" if trials["compare"] else "as it stands → instead",
        "is it a defect",
        "alone",
        "put back",
        AUDIT,
    ]
    kept = [0, 1, 2, 3, 4, 5]
    if trials["repaired"] is None:  # whether a choice is a defect is seen on the repaired configuration only
        kept = [0, 1, 3, 5]
    if not trials["hypotheses"]:  # nobody has audited it
        kept.remove(5)
    header, *rows = ([row[place] for place in kept] for row in (header, *rows))
    picture = image("What each change does, with every seed", PICTURE) if broken else ""
    return "\n\n".join(part for part in (lead, table(header, rows), picture) if part)


def _cell(label: Mapping[str, Any] | None) -> str:
    if label is None:
        return ""
    said = f"**{label['label']}**"
    if label["why"]:
        return f"{said}: {text(label['why'])}"
    shown = counts(label)
    if label["difference"]:
        shown += f"; difference {interval(label['difference'])}"
    return f"{said} ({text(shown)})"


def _sets(trials: Mapping[str, Any]) -> str:
    """The sets that matter where single changes do not tell."""
    parts = []
    for of, lead in (
        ("repairs", "No single change cures these criteria, and all together do."),
        (
            "faults",
            "Put back into the repaired configuration, no single choice breaks these criteria, and all together do.",
        ),
    ):
        lines = [_set(row) for row in trials["sets"] if row["of"] == of]
        if lines:
            parts += [f"{lead} Nothing can be left out of the sets.", "\n".join(lines)]
    return "\n\n".join(parts)


def _set(row: Mapping[str, Any]) -> str:
    name = code(row["criterion"])
    if row["outcome"] != "found":
        said = [f"- {name}: {text(row['outcome'])}, because {text(row['why'])}."]
    else:
        counts, repairs = row["with_all"], row["of"] == "repairs"
        shown = f"{counts['holds' if repairs else 'fails']} of {sum(counts.values())} runs {'hold' if repairs else 'fail'}"
        said = [
            f"- {name}: {changes(row['changes'])}. With all of them, {shown}; without any one of them it {'fails' if repairs else 'holds'}."
        ]
        if row["label"] not in (None, names.CURES):
            said.append(f"The larger budget does not show the same: {text(row['label'])}.")
        if row["unique"] is not None:
            only = "There is no other such set." if row["unique"] else "It is not the only such set."
            said.append(only)
        tried = f"{plural(row['configurations'], 'configuration')} in {plural(row['runs'], 'run')}"
        said.append(f"The search looked at {tried}.")
    if row["undoes"]:
        said.append(f"{changes(row['undoes'])} undoes what the others bring about.")
    for fewer, more in row["not_monotone"]:
        added = {toggle: choice for toggle, choice in more.items() if toggle not in fewer}
        said.append(f"Among other changes, {changes(added)} undoes what fewer changes bring about.")
    return " ".join(said)


def _labels(trials: Mapping[str, Any]) -> str:
    """One table for each background, criteria side by side."""
    parts = []
    failing, repaired = "failing configuration", "repaired configuration"
    if trials["compare"]:
        failing, repaired = "side that fails", "side that works"
    for background, title in (
        ("failing", f"One change of the {failing}"),
        ("repaired", f"One change of the {repaired}"),
        ("cured", "One change after the first cure"),
        ("declared", "Where the case says that the choice matters"),
    ):
        rows: dict[str, dict[str, str]] = {}
        for label in trials["labels"]:
            if label["background"] == background:
                rows.setdefault(changes(label["changes"]), {})[label["criterion"]] = label["label"]
        if rows:
            header = ["change", *map(code, trials["criteria"])]
            body = [
                [change, *(text(found.get(name, "")) for name in trials["criteria"])]
                for change, found in rows.items()
            ]
            parts.append(f"{title}:\n\n{table(header, body)}")
    return "\n\n".join(parts)


def _explained(trials: Mapping[str, Any]) -> str:
    """The labels that stand on the page, in words."""
    used = {row["label"] for row in (*trials["labels"], *trials["hypotheses"])}
    lines = [f"- **{label}**: the change {words}." for label, words in MEANS.items() if label in used]
    if not trials["hypotheses"]:
        return "\n".join(lines)
    said = {row["audit"]["word"] for row in (*trials["hypotheses"], *trials["choices"])}
    words = [f"- {word}: {means}." for word, means in audit.MEANS.items() if word in said]
    return "\n".join([*lines, "", "In an audit's words:", "", *words])


def _ran(trials: Mapping[str, Any]) -> str:
    rows = trials["trials"]
    runs = sum(len(row["seeds"]) for row in rows)
    lead = f"{plural(len({str(row['changes']) for row in rows}), 'configuration')}, {plural(runs, 'run')}."
    body = [[changes(row["changes"]), text(said)] for row in rows if (said := _ended_with(row))]
    return "\n\n".join(filter(None, [lead, table(["change", "ended with"], body) if body else ""]))


def _ended_with(row: Mapping[str, Any]) -> str:
    """What ended the runs of one configuration: a measurement that did not come to its end, or a stage that raised; empty for neither."""
    found = row["error"] or row["raised"]
    if not found:
        return ""
    place = f" in stage {found['stage']}" if found["stage"] and not row["error"] else ""
    seeds = ""
    if not row["error"] and found["runs"] < len(row["seeds"]):
        seeds = f" ({found['runs']} of {len(row['seeds'])} runs)"
    return f"{found['type'] or 'an exception'}{place}: {one_line(found['message'] or 'no message')}{seeds}"
