"""What stages hand over, as a group's page and the summary show it: types, shapes, ranges, and what was asked for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from faultline.core.sections.pipeline import ArrayContract, PipelineRun, StageRun
from faultline.core.sections.record import Record
from faultline.core.sections.section import Row
from faultline.criteria.data_contract import form, nonfinite, pairs, repeats
from faultline.findings.data_contract import between, unlike
from faultline.report.markdown import code, image, number, plural, table, text


def section(found: PipelineRun) -> str:
    """What each stage left, with the first seed."""
    run = found.runs[0]
    rows = [row for stage in run.stages for row in _of_stage(found, stage)]
    if not rows:
        return "No stage left anything."
    header = ["name", "type", "shape", "value or range", "asked for", "remarks"]
    if not found.contract:
        header.remove("asked for")
        rows = [[*row[:4], *row[5:]] for row in rows]
    lead = f"What the stages left with seed {number(run.seed)}:"
    return "\n\n".join(part for part in (lead, table(header, rows), _pairs(found)) if part)


def compared(records: Sequence[Record]) -> str:
    """Arrays whose form is another in the repaired configuration; empty where there is one configuration only."""
    found = [record for record in records if record.pipeline.runs]
    if len(found) < 2:
        return ""
    first, other = found[0], found[-1]
    rows = between(first.pipeline, other.pipeline)
    if not rows:
        return "The stages leave arrays of the same types and shapes in both configurations."
    header = ["array", *(text(record.title or record.group) for record in (first, other))]
    lead = (
        "These arrays have another type or shape in the other configuration, which decides nothing by itself:"
    )
    return f"{lead}\n\n{table(header, [[code(name), text(here), text(there)] for name, here, there in rows])}"


def pictures(records: Sequence[Record], suite: Path) -> str:
    """What the case draws of each stage, the failing configuration beside the repaired one; empty where there is one configuration only."""
    found = [record for record in records if record.pipeline.pictures]
    if len(found) < 2:
        return ""
    shown: dict[str, list[str]] = {}
    for record in found:
        for row in record.pipeline.pictures:
            path = f"plots/{record.group}/{row.get('file')}"
            if (suite / path).is_file():
                shown.setdefault(row["stage"], []).append(
                    image(f"Stage {row['stage']}: {record.title}", path)
                )
    lead = f"On the left as it stands, on the right repaired, with seed {number(found[0].pipeline.runs[0].seed)}."
    both = [" ".join(images) for images in shown.values() if len(images) == len(found)]
    return "\n\n".join([lead, *both]) if both else ""


def _of_stage(found: PipelineRun, stage: StageRun) -> list[list[str]]:
    arrays = [
        [
            code(f"{stage.name}.{name}"),
            text(row["dtype"]),
            text(form(f"{length:,}" for length in row["shape"])),
            _range(row),
            _asked(found.contract.get(f"{stage.name}.{name}")),
            _remarks(row, _lengths(found, stage.name, name)),
        ]
        for name, row in stage.arrays.items()
    ]
    facts = [
        [code(f"{stage.name}.{name}"), text(type(value).__name__), "", _fact(value), "", ""]
        for name, value in _flat(stage.facts)
    ]
    files = [
        [code(f"{stage.name}.{name}"), "file", "", plural(size, "byte"), "", ""]
        for name, size in stage.files.items()
    ]
    return arrays + facts + files


def _flat(facts: Row, above: str = "") -> Iterator[tuple[str, object]]:
    """Facts by the names that criteria have for them: of a mapping those inside it."""
    for name, value in facts.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{above}{name}.")
        else:
            yield f"{above}{name}", value


def _range(row: Row) -> str:
    if "min" not in row:
        return ""
    if row["dtype"] == "bool":
        return " and ".join(str(bool(value)) for value in sorted({row["min"], row["max"]}))
    if row["min"] == row["max"]:
        return number(row["min"])
    return f"{number(row['min'])} to {number(row['max'])}"


def _asked(asked: ArrayContract | None) -> str:
    if asked is None:
        return ""
    limits = {"at least": asked.min, "at most": asked.max}
    flags = {"finite": asked.finite, "not constant": asked.varies, "no row twice": asked.distinct}
    said = [
        *([asked.dtype] if asked.dtype else []),
        *([form(asked.shape)] if asked.shape is not None else []),
        *(f"{word} {number(limit)}" for word, limit in limits.items() if limit is not None),
        *(word for word, wanted in flags.items() if wanted),
    ]
    return text(", ".join(said))


def _fact(value: object) -> str:
    if isinstance(value, bool | str) or value is None:
        return text(str(value))
    return number(value) if isinstance(value, int | float) else ""


def _remarks(row: Row, lengths: list[int]) -> str:
    """What is odd about an array. Values of one axis that repeat are no oddity."""
    said = []
    if row.get("n_nonfinite"):
        said.append(nonfinite(row))
    if row.get("constant"):
        said.append("all values are equal" if not row["n_nonfinite"] else "all other values are equal")
    if row.get("n_constant_columns"):
        more = ", ..." if row["n_constant_columns"] > len(row["constant_columns"]) else ""
        which = ", ".join(map(str, row["constant_columns"]))
        said.append(f"{plural(row['n_constant_columns'], 'constant column')}: {which}{more}")
    if row.get("n_repeated") and len(row["shape"]) > 1 and not row.get("constant"):
        said.append(repeats(row))
    if len(set(lengths)) > 1:
        said.append(f"{', '.join(map(number, lengths))} rows with the seeds")
    return text("; ".join(said))


def _lengths(found: PipelineRun, stage: str, name: str) -> list[int]:
    """Its first axis, with each seed."""
    shapes = [run.stage(stage).arrays[name]["shape"] for run in found.runs if name in run.stage(stage).arrays]
    return [shape[0] for shape in shapes if shape]


def _pairs(found: PipelineRun) -> str:
    """Arrays for testing beside those for training."""
    run, rows = found.runs[0], []
    for stage in run.stages:
        for train, test in pairs(stage.arrays):
            said = "; ".join(unlike(stage.arrays[train], stage.arrays[test])) or "type, shape and scale agree"
            shared = run.shared_rows.get(f"{stage.name}.{test}")
            both = f"{number(shared['shared'])} of {number(shared['rows'])}" if shared else ""
            rows.append([code(f"{stage.name}.{train}"), code(f"{stage.name}.{test}"), text(said), both])
    if not rows:
        return ""
    header = ["for training", "for testing", "compared", "rows for testing that are in both"]
    return f"Pairs whose names differ by train and test:\n\n{table(header, rows)}"
