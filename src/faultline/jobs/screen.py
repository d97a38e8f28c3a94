"""What a terminal shows of a run of the workflow: its jobs in a modeller's words, and the answer when it has ended.

The Snakefile says what is asked (`show`); ``snakemake_logger_plugin_faultline`` prints. Nothing here is printed or measured.
"""

from __future__ import annotations

import difflib
import shutil
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from faultline.core.errors import InputError
from faultline.core.record import read_json
from faultline.core.sections.record import Verdict
from faultline.diagnosis.answer import Answer
from faultline.jobs.progress import called
from faultline.plan.requests import Plan
from faultline.report import labels as words
from faultline.store.suite import Suite

SUMMARY, DATASET, SIZES, LEGACY = "report_summary", "dataset", "size_ladder", "archive_legacy"
JOBS = {
    "make_dataset": ("simulate", "simulating"),
    "describe_dataset": ("describe", "describing"),
    "measure": ("examine the model", "examining the model"),
    "sample": ("sample", "sampling"),
    "judge": ("judge", "judging"),
    "plot": ("draw", "drawing"),
    "plot_sizes": ("draw", "drawing"),
    "summarise": ("write", "writing"),
    "archive_legacy": (
        "move files of earlier tools to archive/",
        "moving files of earlier tools to archive/",
    ),
}
"""Rule -> what its jobs will do, and what they are doing. Publishing rules are many: theirs is ``_REPORT``."""
_REPORT = ("report", "reporting")
_ABOUT = {"summarise": "summary", "size": "size ladder", "dataset": "dataset"}
_WIDEST = 100


@dataclass(frozen=True)
class Shown:
    """What the Snakefile asks for. ``workflow`` knows the targets once it has been read."""

    workflow: Any
    folder: str
    plan: Plan
    labels: Mapping[str, str] = field(default_factory=dict)

    @property
    def targets(self) -> set[str]:
        """Targets of the command line, without their folders."""
        asked = getattr(self.workflow.dag_settings, "targets", None) or {SUMMARY}
        return {Path(target).name for target in asked}


_shown: Shown | None = None


def show(workflow: Any, folder: str, plan: Plan) -> None:
    """Remember what is asked, for whoever prints."""
    global _shown
    labels = {}
    for group in plan.groups.values():
        for key in (group.measured, group.judged, group.plotted):
            labels.setdefault(key, called(group.group.target))
        labels.setdefault(group.group.name, called(group.group.target))
    for key, label in ((plan.dataset, "dataset"), (plan.look, "dataset"), (plan.sizes, "size ladder")):
        if key:
            labels[key] = label
    _shown = Shown(workflow, folder, plan, labels)


def is_shown() -> bool:
    """Whether a workflow of Faultline's has been read."""
    return _shown is not None


def job(rule: str, wildcards: Mapping[str, str]) -> tuple[str, str, str]:
    """What a job is about, what it will do and what it is doing: ``("group 3", "sample", "sampling")``.

    The last two are empty for a target, which does nothing itself.
    """
    labels = _shown.labels if _shown else {}
    subject = labels.get(wildcards.get("key", "")) or labels.get(wildcards.get("group", ""))
    if not subject:
        subject = next((name for part, name in _ABOUT.items() if part in rule), "")
    return subject, *(_REPORT if rule.startswith("publish_") else JOBS.get(rule, ("", "")))


def planned(jobs: Iterable[tuple[str, Mapping[str, str]]]) -> list[str]:
    """Jobs as lines, one for each subject: ``  group 3: sample, judge, draw, report``."""
    lines: dict[str, list[str]] = {}
    for rule, wildcards in jobs:
        subject, doing, _ = job(rule, wildcards)
        if doing and doing not in lines.setdefault(subject, []):
            lines[subject].append(doing)
    order = [doing for doing, _ in (*JOBS.values(), _REPORT)]
    return [
        f"  {subject}: {', '.join(sorted(lines[subject], key=order.index))}".replace("  : ", "  ")
        for subject in sorted(lines, key=_place)
        if lines[subject]
    ]


def published(rule: str, wildcards: Mapping[str, str]) -> str:
    """The line for a report that stands now: ``group 3: FAIL``; empty for any other job."""
    if _shown is None or not rule.startswith("publish_") or "group" not in wildcards:
        return ""
    verdict = _verdict(wildcards["group"])
    return f"{job(rule, wildcards)[0]}: {_outcome(verdict.outcome)}" if verdict else ""


def needed() -> list[str]:
    """What something has to be made of: ``group 3``, in order."""
    jobs = _shown.workflow.dag.needrun_jobs() if _shown else ()
    subjects = {job(one.rule.name, one.wildcards_dict)[0] for one in jobs if not one.is_group()}
    return sorted(subjects - {""}, key=_place)


def answer() -> list[str]:
    """The lines that end a run that made, or found, all that was asked."""
    if _shown is None:
        return []
    targets, lines = _shown.targets, []
    for name in _shown.plan.groups:
        if any(_names_group(target, name) for target in targets):
            lines += _group(name)
    if SUMMARY in targets or any(
        target.startswith(f"{SUMMARY}.") or target == "summary.json" for target in targets
    ):
        lines += _summary()
    for target, picture in ((DATASET, "plots/dataset/dataset.png"), (SIZES, "plots/size_ladder.png")):
        if target in targets and Path(_shown.folder, picture).is_file():
            lines += _block([(f"{target.replace('_', ' ')}:", f"{_shown.folder}/{picture}")])
    return lines


def no_target(wanted: str) -> str:
    """The sentence for a target that there is not."""
    targets = [
        SUMMARY,
        *(group.group.target for group in _shown.plan.groups.values()),
        DATASET,
        SIZES,
        LEGACY,
    ]
    near = difflib.get_close_matches(wanted, targets, n=1)
    hint = f" Did you mean {near[0]}?" if near else ""
    return f"there is no target {wanted}.{hint} The targets are {', '.join(targets)}."


def _names_group(target: str, name: str) -> bool:
    group = _shown.plan.groups[name].group
    return target in (group.target, name) or f"_{name}." in target


def _place(subject: str) -> tuple[int, int, str]:
    kind, _, number = subject.rpartition(" ")
    if number.isdigit():
        return 1, int(number), kind
    return (0 if subject == "dataset" else 2), 0, subject


def _summary() -> list[str]:
    folder = _shown.folder
    summary = _read("results/summary.json")
    if summary is None or Suite(folder).published("summary").get("key") != _shown.plan.summary:
        return []
    if "answer" not in summary:
        raise InputError(f"the summary in {folder} is of an earlier Faultline; run the diagnosis again.")
    answer = Answer.of(summary["answer"])
    rows = [("verdict:", _outcome(answer.outcome)), ("answer:", _plain(answer.headline))]
    rows += [("also:", _plain(other)) for other in answer.also]
    if answer.outcome != "pass" and answer.shown:
        rows.append(("shown:", _plain(answer.shown[0].note)))
    rows += [("next:", _plain(" ".join(answer.change))), ("sure:", f"{answer.sure}: {answer.why}")]
    return _block([*rows, ("page:", f"{folder}/report_summary.html")])


def _group(name: str) -> list[str]:
    verdict, group = _verdict(name), _shown.plan.groups[name]
    if verdict is None or Suite(_shown.folder).published(name).get("key") != group.published:
        return []
    outcome = _outcome(verdict.outcome if verdict else None)
    rows = [("verdict:", f"{outcome}, {called(group.group.target)}")]
    if verdict.outcome != "pass":
        rows += _fault(verdict)
    rows += [
        ("meaning:", _plain(verdict.interpretation)),
        ("next:", _plain(verdict.next_action)),
        ("page:", f"{_shown.folder}/report_{name}.html"),
    ]
    return _block(rows)


def _fault(verdict: Verdict) -> list[tuple[str, str]]:
    """Part and cause as far as they are known."""
    part = verdict.component if verdict.component and verdict.component != "unknown" else None
    return [
        ("part:", part.replace(" + ", " and ") if part else "not isolated"),
        ("cause:", words.CAUSES.get(verdict.cause_class, "not known")),
    ]


def _outcome(outcome: Any) -> str:
    return words.OUTCOMES.get(outcome, "NOT JUDGED")


def _plain(text: Any) -> str:
    """A sentence of a report without its long group names."""
    plain = " ".join(str(text or "").split())
    for name, group in _shown.plan.groups.items():
        plain = plain.replace(name, called(group.group.target))
    return plain


def _verdict(name: str) -> Verdict | None:
    """The verdict on a group; None where there is no record of it."""
    record = _read(f"results/results_{name}.json")
    return None if record is None else Verdict.of(record.get("verdict"))


def _read(name: str) -> dict[str, Any] | None:
    try:
        found = read_json(Path(_shown.folder, name))
    except InputError:
        return None
    return found if isinstance(found, dict) else None


def _block(rows: Sequence[tuple[str, str]]) -> list[str]:
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
