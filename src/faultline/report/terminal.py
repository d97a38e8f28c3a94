"""The answer of a suite, and the verdict on a group, as lines for a terminal."""

from __future__ import annotations

import shutil
import textwrap
from collections.abc import Iterable, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

from faultline.core.errors import InputError
from faultline.core.record import read_json
from faultline.core.sections.record import Verdict
from faultline.diagnosis.answer import Answer
from faultline.diagnosis.trials.found import headlines
from faultline.report import labels

_WIDEST = 100


def short(name: str) -> str:
    """``group 3`` for ``group_3_sampling_core``."""
    return " ".join(name.split("_")[:2])


def answer(folder: str | Path, groups: Iterable[str]) -> list[str]:
    """The answer of a suite's summary, after an empty line; ``groups`` are the names that it may mention.

    Raises
    ------
    InputError
        If an earlier Faultline wrote the summary, or it cannot be read.
    """
    summary = read_json(Path(folder, "results", "summary.json"))
    if "answer" not in summary:
        raise InputError(f"the summary in {folder} is of an earlier Faultline; run the diagnosis again.")
    found, groups = Answer.of(summary["answer"]), list(groups)
    rows = [("verdict:", outcome(found.outcome)), ("answer:", found.headline)]
    rows += [("also:", other) for other in found.also]
    shown = next((row.note for row in found.shown if row.note not in found.headline), "")
    if found.outcome != "pass" and shown:
        rows.append(("shown:", shown))
    rows += [("trials:", line) for line in summary.get("trials", ())]
    rows += [("next:", " ".join(found.change)), ("sure:", f"{found.sure}: {found.why}")]
    return block([*_plain(rows, groups), ("page:", f"{folder}/report_summary.html")])


def group(folder: str | Path, name: str, verdict: Verdict, groups: Iterable[str]) -> list[str]:
    """The verdict on one group, after an empty line."""
    rows = [("verdict:", f"{outcome(verdict.outcome)}, {short(name)}")]
    if verdict.outcome != "pass":
        part = verdict.component if verdict.component and verdict.component != "unknown" else None
        rows += [
            ("part:", part.replace(" + ", " and ") if part else "not isolated"),
            ("cause:", labels.cause(verdict.cause_class) or "not known"),
        ]
    rows += _plain([("meaning:", verdict.interpretation), ("next:", verdict.next_action)], list(groups))
    return block([*rows, ("page:", f"{folder}/report_{name}.html")])


def trials(folder: str | Path) -> list[str]:
    """What a suite's trials found, after an empty line.

    Raises
    ------
    InputError
        It cannot be read.
    """
    first, *others = headlines(read_json(Path(folder, "results", "trials.json")))
    rows = [("trials:", first), *(("", line) for line in others)]
    return block([*rows, ("page:", f"{folder}/report_trials.html")])


def outcome(name: Any) -> str:
    """``FAIL``."""
    return labels.OUTCOMES.get(name, "NOT JUDGED")


def block(rows: Sequence[tuple[str, str]]) -> list[str]:
    """Labels and texts under each other, as wide as the terminal."""
    width = min(shutil.get_terminal_size((_WIDEST, 24)).columns, _WIDEST)
    indent = max(len(label) for label, _ in rows) + 1
    lines = [""]
    for label, text in rows:
        lines += textwrap.wrap(
            text,
            max(width, 40),
            initial_indent=label.ljust(indent),
            subsequent_indent=" " * indent,
            break_long_words=False,
            break_on_hyphens=False,
        )
    return lines


def in_short(rows: Iterable[tuple[str, Any]], groups: Iterable[str]) -> list[str]:
    """Labels and sentences of a report, in which ``groups`` have their short names; no empty line before them."""
    return block(_plain(rows, list(groups)))[1:]


def fitted(lines: Sequence[str]) -> list[str]:
    """The lines of an answer on one screen: of its longest text only the beginning, where all of it is on the page."""
    lines, height = list(lines), shutil.get_terminal_size((80, 24)).lines - 3
    while len(lines) > height:
        blocks = [n for n, line in enumerate(lines) if line[:1].strip()] + [len(lines)]
        begin, end = max(pairwise(blocks), key=lambda block: block[1] - block[0])
        if end - begin < 3:
            break
        indent = lines[end - 1][: len(lines[end - 1]) - len(lines[end - 1].lstrip())]
        lines[end - 2 : end] = [f"{indent}... (more on the page)"]
    return lines


def _plain(rows: Iterable[tuple[str, Any]], groups: Sequence[str]) -> list[tuple[str, str]]:
    """Sentences of a report without the long names of groups."""
    plain = []
    for label, text in rows:
        sentence = " ".join(str(text or "").split())
        for name in groups:
            sentence = sentence.replace(name, short(name))
        plain.append((label, sentence))
    return plain
