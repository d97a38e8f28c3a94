"""The sections of a pipeline's group: its stages, what passes between them, and what has to hold."""

from __future__ import annotations

from collections.abc import Mapping

from faultline.core.sections.pipeline import PipelineRun, StageRun, stage_name
from faultline.core.sections.record import Record
from faultline.core.sections.section import Row
from faultline.report import labels
from faultline.report.markdown import code, codes, number, seconds, table, text

TITLES = ("Stages", "Criteria", "Data contract")


def sections(record: Record, pictures: Mapping[str, str]) -> dict[str, str]:
    """Title -> text. ``pictures`` maps a file name to its Markdown."""
    found = record.pipeline
    if not found.runs:
        return dict.fromkeys(TITLES, "Not measured.")
    bodies = (_stages(record), pictures.get("history.png", ""))
    return {
        "Stages": "\n\n".join(body for body in bodies if body),
        "Criteria": _criteria(record),
        "Data contract": _contract(found),
    }


def _stages(record: Record) -> str:
    found, rows = record.pipeline, []
    for about in found.stages:
        name = about["name"]
        runs = [run.stage(name) for run in found.runs]
        rows.append(
            [
                code(name),
                codes(about["inputs"]) or "none",
                _choices(about["toggles"], record.asked.variants),
                _ended(runs),
                seconds(record.timings.get(stage_name(name))),
            ]
        )
    seeds = ", ".join(number(run.seed) for run in found.runs)
    lead = f"Each stage ran with the seeds {seeds}. A stage whose code, inputs and choices are those of an earlier run was taken from the store."
    return "\n\n".join([lead, table(["stage", "takes", "choices", "how it ended", "time"], rows, right=[4])])


def _choices(toggles: list[str], chosen: Mapping[str, str]) -> str:
    return ", ".join(f"{code(name)} {text(chosen.get(name))}" for name in toggles) or "none"


def _ended(runs: list[StageRun]) -> str:
    if errors := [run.error for run in runs if run.error]:
        return text(f"raised {errors[0]['type']}: {errors[0]['message']}")
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


def _contract(found: PipelineRun) -> str:
    """What each stage left, with the first seed: names, types, shapes, ranges."""
    rows = []
    for stage in found.runs[0].stages:
        rows += [
            [code(f"{stage.name}.{name}"), text(row["dtype"]), _shape(row), _range(row), _remarks(row)]
            for name, row in stage.arrays.items()
        ]
        rows += [
            [code(f"{stage.name}.{name}"), text(type(value).__name__), "", _fact(value), ""]
            for name, value in stage.facts.items()
        ]
    if not rows:
        return "No stage left anything."
    lead = f"What the stages left with seed {number(found.runs[0].seed)}:"
    return "\n\n".join([lead, table(["name", "type", "shape", "value or range", "remarks"], rows)])


def _shape(row: Row) -> str:
    return " × ".join(map(number, row["shape"])) or "scalar"


def _range(row: Row) -> str:
    if "min" not in row:
        return ""
    if row["min"] == row["max"]:
        return number(row["min"])
    return f"{number(row['min'])} to {number(row['max'])}"


def _fact(value: object) -> str:
    if isinstance(value, bool | str) or value is None:
        return text(str(value))
    return number(value) if isinstance(value, int | float) else ""


def _remarks(row: Row) -> str:
    said = []
    if count := row.get("n_nonfinite"):
        place = ", ".join(map(number, row["first_nonfinite"]))
        said.append(f"{number(count)} of {number(row['size'])} not finite, the first at [{place}]")
    if row.get("constant"):
        said.append("all values are equal")
    return "; ".join(said)
