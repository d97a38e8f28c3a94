"""The sections of a pipeline's group: its stages, what passes between them, and what has to hold."""

from __future__ import annotations

from collections.abc import Mapping

from faultline.core.sections.pipeline import PipelineRun, StageRun, stage_name
from faultline.core.sections.record import Record
from faultline.core.sections.section import Row
from faultline.report import labels
from faultline.report.markdown import code, codes, number, seconds, table, text
from faultline.report.sections import data_contract

TITLES = ("Stages", "Criteria", "Data contract")


def sections(record: Record, pictures: Mapping[str, str]) -> dict[str, str]:
    """Title -> text. ``pictures`` maps a file name to its Markdown."""
    found = record.pipeline
    if not found.runs:
        return dict.fromkeys(TITLES, "Not measured.")
    bodies = (_stages(record), pictures.get("history.png", ""), *_pictures(found, pictures))
    return {
        "Stages": "\n\n".join(body for body in bodies if body),
        "Criteria": _criteria(record),
        "Data contract": data_contract.section(found),
    }


def _pictures(found: PipelineRun, pictures: Mapping[str, str]) -> list[str]:
    """What the case has drawn of its stages, and why it has not."""
    rows = [(row, pictures.get(row.get("file", ""), "")) for row in found.pictures]
    shown = [image for _, image in rows if image]
    lead = f"What the case draws of its stages (`picture`), with seed {number(found.runs[0].seed)}:"
    failed = [
        f"There is no picture of {code(row['stage'])}: {text(row['error'])}."
        for row, _ in rows
        if "error" in row
    ]
    return [*([lead, "\n".join(shown)] if shown else []), *failed]


def _stages(record: Record) -> str:
    found, rows = record.pipeline, []
    for about in found.stages:
        name = about["name"]
        runs = [run.stage(name) for run in found.runs]
        rows.append(
            [
                code(name),
                _taken(about, runs),
                _choices(about["toggles"], record.asked.variants),
                _ended(runs),
                seconds(record.timings.get(stage_name(name))),
            ]
        )
    seeds = ", ".join(number(run.seed) for run in found.runs)
    lead = f"Each stage ran with the seeds {seeds}. A stage whose code, inputs and choices are those of an earlier run was taken from the store."
    if any(stage.previous for run in found.runs for stage in run.stages):
        lead += " Times include what ran in the scenarios before."
    if found.inputs:
        lead += f" They may read the files of `INPUTS`: {codes(found.inputs)}."
    if found.build:
        diagnose = code(f"faultline diagnose {found.build}")
        lead += f" The file has a `build`, too, which is not tried here: {diagnose} puts it through the groups of a model."
    return "\n\n".join([lead, table(["stage", "takes", "choices", "how it ended", "time"], rows, right=[4])])


def _taken(about: Row, runs: list[StageRun]) -> str:
    earlier = [f"{code(about['name'])} of scenario {text(run.previous)}" for run in runs[:1] if run.previous]
    return ", ".join(filter(None, [codes(about["inputs"]), *earlier])) or "none"


def _choices(toggles: list[str], chosen: Mapping[str, str]) -> str:
    return ", ".join(f"{code(name)} {text(chosen.get(name))}" for name in toggles) or "none"


def _ended(runs: list[StageRun]) -> str:
    if errors := [run.error for run in runs if run.error]:
        said = text(f"raised {errors[0]['type']}: {errors[0]['message']}")
        if "scenario" not in errors[0]:
            return said
        return f"did not run: {code(errors[0]['stage'])} of scenario {text(errors[0]['scenario'])} {said}"
    if needs := next((run.needs for run in runs if run.needs), ()):
        return f"did not run: {codes(needs)} left nothing"
    if bad := next((run.first_bad for run in runs if run.first_bad), None):
        return f"{code(bad['term'])} is not finite from step {number(bad['step'])} on"
    ran = [run for run in runs if run.ran]
    if not ran:
        return "did not run"
    return "from the store" if all(run.reused for run in ran) else "ran"


def _criteria(record: Record) -> str:
    if not record.checks:
        return "Not judged yet."
    return labels.checks_table(record.checks)
