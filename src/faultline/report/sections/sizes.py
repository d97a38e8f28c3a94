"""The size ladder in the summary: what it says in words, its picture, and one row per size."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from faultline.diagnosis.sizes import of_rows, said
from faultline.report import labels
from faultline.report.markdown import image, known, link, number, paragraph, seconds, table

PICTURE = "plots/size_ladder.png"


def section(summary: Mapping[str, Any], suite: Path) -> str:
    """Empty where no size was asked for; the picture is shown if it is there."""
    rows = summary["sizes"]
    if not rows:
        return ""
    parts = [paragraph(said(of_rows(rows)))]
    if (suite / PICTURE).is_file():
        parts.append(image("The full model against its number of frames", PICTURE))
    header = [
        "T",
        "group",
        "verdict",
        "values",
        "step size",
        "R-hat",
        "ESS",
        "divergences",
        "sampling",
        "per draw",
        "run",
    ]
    parts.append(table(header, [_row(row, suite) for row in rows], right=[0, *range(3, 10)]))
    return "\n\n".join(parts)


def _row(row: Mapping[str, Any], suite: Path) -> list[str]:
    report = f"report_{row['group']}.md"
    group = f"group {row['number']}"
    cells = [
        number(row["T"]),
        link(group, report) if (suite / report).is_file() else group,
        labels.outcome(row["outcome"]),
        number(row["n_values"]) if known(row["n_values"]) else "",
    ]
    if not row["run"]:
        return [*cells, *[""] * 6, "not sampled"]
    per_draw = row["seconds"] / row["n_draws"] if known(row["seconds"]) and row["n_draws"] else None
    return [
        *cells,
        number(row["mean_step_size"], 3),
        number(row["max_rhat"]),
        number(row["min_ess"], 3),
        f"{number(row['divergences'])} of {number(row['n_draws'])}",
        seconds(row["seconds"]),
        seconds(per_draw),
        row["run"],
    ]
