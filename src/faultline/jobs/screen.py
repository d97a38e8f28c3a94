"""What a terminal shows of a run of the workflow: its jobs in a modeller's words, and the answer when it has ended.

The Snakefile says what is asked (`show`); ``snakemake_logger_plugin_faultline`` prints. Nothing here is printed or measured.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from faultline.core.errors import InputError
from faultline.core.record import read_json
from faultline.core.sections.record import Verdict
from faultline.criteria.remedies import UNCHANGED
from faultline.diagnosis.answer import Answer
from faultline.jobs.progress import called
from faultline.jobs.rounds import judged_record
from faultline.plan.planned import Plan
from faultline.report import terminal
from faultline.store.objects import Store
from faultline.store.suite import Suite

SUMMARY, DATASET, SIZES, LEGACY = "report_summary", "dataset", "size_ladder", "archive_legacy"
TRIALS, CHANGES = "trials", "changes"
JOBS = {
    "make_dataset": ("simulate", "simulating"),
    "describe_dataset": ("describe", "describing"),
    "measure": ("examine the model", "examining the model"),
    "sample": ("sample", "sampling"),
    "judge": ("judge", "judging"),
    "plot": ("draw", "drawing"),
    "plot_sizes": ("draw", "drawing"),
    "judge_trials": ("compare", "comparing"),
    "judge_remedies": ("compare", "comparing"),
    "plot_trials": ("draw", "drawing"),
    "summarise": ("write", "writing"),
    "archive_legacy": (
        "move files of earlier tools to archive/",
        "moving files of earlier tools to archive/",
    ),
}
"""Rule -> what its jobs will do, and what they are doing. Publishing rules are many: theirs is ``_REPORT``."""
_REPORT = ("report", "reporting")
_STAGES = ("run the stages", "running the stages")
"""Of a pipeline, in place of what a measurement does with a model."""
_ABOUT = {"summarise": "summary", "trials": TRIALS, "size": "size ladder", "dataset": "dataset"}


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
    if plan.trials:
        labels |= dict.fromkeys((plan.trials.judged, plan.trials.plotted), TRIALS)
    if plan.remedies:
        labels[plan.remedies.judged] = CHANGES
    for key, label in trial_labels(plan).items():
        labels.setdefault(key, called(label))
    _shown = Shown(workflow, folder, plan, plan.labelled(labels))


def trial_labels(plan: Plan) -> dict[str, str]:
    """What the trials' measurements are called while they run. Change 0 is the model as it stands, which comes first."""
    measured = plan.trials.measured if plan.trials else ()
    tried = plan.remedies.measured if plan.remedies else ()
    return {
        **{key: f"trial_{number}" for number, key in enumerate(measured, start=1)},
        **{key: f"change_{number}" for number, key in enumerate(tried)},
    }


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
    if rule.startswith("publish_"):
        return subject, *_REPORT
    asked = _shown.plan.requests.get(wildcards.get("key", ""), {}) if _shown else {}
    if "only" in asked:
        names = " and ".join(asked["only"])
        return subject, f"run {names}", f"running {names}"
    return subject, *(_STAGES if "scenario" in asked else JOBS.get(rule, ("", "")))


def so_far(store: Store) -> list[str]:
    """The answer of the groups before any change was tried: the changes may take longer than the groups did."""
    from faultline.diagnosis.summarise import summarise  # only where changes are tried

    plan, suite = _shown.plan, Suite(_shown.folder)
    records = filter(None, (judged_record(store, suite, group) for group in plan.groups.values()))
    found = Answer.of(summarise(records)["answer"])
    number = sum(each.remedy != UNCHANGED and not each.more for each in plan.remedies.measured.values())
    tried = f"{number} changes that may cure the model are tried"
    if number == 1:
        tried = "a change that may cure the model is tried"
    rows = [("so far:", f"{terminal.outcome(found.outcome)}; {found.headline}"), ("now:", tried)]
    return terminal.in_short(rows, plan.groups)


def planned(jobs: Iterable[tuple[str, Mapping[str, str]]]) -> list[str]:
    """Jobs as lines, one for each subject: ``  group 3: sample, judge, draw, report``."""
    lines: dict[str, list[str]] = {}
    for rule, wildcards in jobs:
        subject, doing, _ = job(rule, wildcards)
        if doing and doing not in lines.setdefault(subject, []):
            lines[subject].append(doing)
    order = [doing for doing, _ in (_STAGES, *JOBS.values(), _REPORT)]
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
    return f"{job(rule, wildcards)[0]}: {terminal.outcome(verdict.outcome)}" if verdict else ""


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
            verdict = _verdict(name)
            if verdict is not None and _stands(name, _shown.plan.groups[name].published):
                lines += terminal.group(_shown.folder, name, verdict, _shown.plan.groups)
    about_all = any(target.partition(".")[0] == SUMMARY or target == "summary.json" for target in targets)
    if about_all and _stands("summary", _shown.plan.summary) and _read("results/summary.json") is not None:
        lines += terminal.answer(_shown.folder, _shown.plan.groups)
    trials = _shown.plan.trials
    if TRIALS in targets and trials and _stands(TRIALS, trials.published):
        lines += terminal.trials(_shown.folder)
    for target, picture in ((DATASET, "plots/dataset/dataset.png"), (SIZES, "plots/size_ladder.png")):
        if target in targets and Path(_shown.folder, picture).is_file():
            lines += terminal.block([(f"{target.replace('_', ' ')}:", f"{_shown.folder}/{picture}")])
    return lines


def no_target(wanted: str) -> str:
    """The sentence for a target that there is not."""
    targets = [
        SUMMARY,
        *(group.group.target for group in _shown.plan.groups.values()),
        DATASET,
        SIZES,
        TRIALS,
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


def _stands(name: str, key: str | None) -> bool:
    """Whether what was published last is what is asked."""
    return Suite(_shown.folder).published(name).get("key") == key


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
