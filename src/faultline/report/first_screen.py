"""The first screen of a summary as Markdown: the answer, what to change, the pictures that show it, how sure it is."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from faultline.core.record import pictures_of
from faultline.diagnosis.answer import Answer, GroupOutcome, Picture, Shown
from faultline.experiments import experiment
from faultline.report import labels
from faultline.report.markdown import image, link, paragraph, text
from faultline.report.templates import render

_MOST_PICTURES, _MOST_SHOWN = 2, 5
_DIVERGENCES = "divergence_pairs.png"
_TELLING = {
    "model": ("logp_terms.png",),
    "gradient": ("gradient.png",),
    "sampling": (_DIVERGENCES, "rhat_ess.png", "trace_selected.png"),
    "apart": ("suspects.png", "held.png"),
    "pipeline": ("history.png",),
}
"""What a kind of group is about -> the pictures that show its fault, the best first."""
TRIALS = "plots/trials.png"
_OF_A_PASS = ("rhat_ess.png", "energy.png")


def markdown(answer: Answer, suite: Path) -> str:
    """The first screen; links and pictures are relative to ``suite``. ``html.fragment`` makes HTML of it."""
    mark = labels.MARKS.get(answer.outcome, "?")
    lines = [answer.headline, *answer.also]

    def plain(words: str) -> str:
        return in_plain_words(words, answer.groups, suite)

    return render(
        "answer.md",
        headlines=[f"{mark} {plain(_capital(line))}." for line in lines],
        named=bool(answer.part or answer.cause),
        cleared=[plain(line) for line in answer.cleared],
        change=[plain(step) for step in answer.change],
        code=answer.code,
        pictures=[image(picture.title, picture.path) for picture in answer.pictures],
        sure=answer.sure,
        why=answer.why,
        shown=[plain(_shown(shown, answer)) for shown in answer.shown[:_MOST_SHOWN]],
        story=plain(answer.story),
    )


def in_plain_words(words: str, groups: tuple[GroupOutcome, ...], suite: Path) -> str:
    """A paragraph in which ``group_3_sampling_baseline_minimal`` is read as ``group 3``, a link to its report if that is in ``suite``."""
    shown = paragraph(words)
    for row in groups:
        short, report = f"group {row.number}", f"report_{row.group}.md"
        name = link(short, report) if (suite / report).is_file() else short
        shown = re.sub(
            rf"(^|[.] )?{re.escape(text(row.group))}",
            lambda at, name=name: f"{at[1] or ''}{_capital(name) if at[1] is not None else name}",
            shown,
        )
    return shown


def pictures(summary: Mapping[str, Any], suite: Path) -> tuple[Picture, ...]:
    """The two that show the answer best, of those that were drawn: of the groups that show the fault, then of the first that fails."""
    rows = {row["group"]: row for row in summary["groups"]}
    if summary["outcome"] == "pass":
        runs = [name for name, row in rows.items() if row["kind"] == "sampling" and row["outcome"] == "pass"]
        wanted = [(runs[-1], file) for file in _OF_A_PASS] if runs else []
    else:
        telling = [name for shown in summary["answer"]["shown"] for name in shown["groups"]]
        telling += [summary["first_failing_sampling_group"], summary["first_failing_group"]]
        names = [name for name in dict.fromkeys(telling) if name in rows and rows[name]["kind"]]
        wanted = [
            (name, file)
            for name in names
            for file in _TELLING[experiment(rows[name]["kind"]).section]
            if file != _DIVERGENCES or rows[name]["divergences"]
        ]
    found = [picture for name, file in wanted if (picture := _drawn(name, file, rows[name]["number"], suite))]
    if "trials" in summary and (suite / TRIALS).is_file():
        found.insert(0, Picture(path=TRIALS, title="What each change does"))
    return tuple(found[:_MOST_PICTURES])


def _drawn(group: str, file: str, number: int, suite: Path) -> Picture | None:
    """A picture of a group, if there was something to draw."""
    manifest = suite / "plots" / group / "artifacts_manifest.json"
    if not manifest.is_file():
        return None
    titles = {row["file"]: row["title"] for row in pictures_of(manifest) if row.get("drawn")}
    if file not in titles or not (manifest.parent / file).is_file():
        return None
    return Picture(path=f"plots/{group}/{file}", title=f"Group {number}: {titles[file]}")


def _shown(shown: Shown, answer: Answer) -> str:
    numbers = {row.group: str(row.number) for row in answer.groups}
    *others, last = [numbers.get(name, name) for name in shown.groups]
    lead = f"Groups {', '.join(others)} and {last}" if others else f"Group {last}"
    return f"{lead}: {shown.note.rstrip('.')}." if shown.note else f"{lead}."


def _capital(line: str) -> str:
    """With a capital at its start, unless a name of the model stands there."""
    return re.sub(r"^\[?[a-z]", lambda first: first[0].upper(), line)
