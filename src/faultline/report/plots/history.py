"""What the stages of a pipeline logged, step by step: one panel for each term of the stage that matters most."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure

from faultline.core.sections.record import Record
from faultline.core.sections.section import Row
from faultline.findings.pipeline import first_bad
from faultline.report.plots import style

# Spread of a term's values, as the ratio of the largest to the median, from which a linear axis shows only the largest.
WIDE = 1e3
PANELS = 6
"""Terms that have a panel: the first that is not finite, and those that come before and after it."""


def draw(record: Record, draws: object = None) -> Figure:
    """The logged terms of the first stage with a value that is not finite, or of the last one that logged any.

    Raises
    ------
    NothingToDraw
        No stage logged anything.
    """
    found = record.pipeline
    logged = [stage.name for run in found.runs for stage in run.stages if stage.history]
    if not logged:
        raise style.NothingToDraw("No stage logged a step (`run.log`).")
    bad, name = first_bad(found), logged[-1]
    earlier = bad[1] if bad and "scenario" in bad[1] else None
    if earlier:
        # Of the scenarios before there are no histories: what is shown is the stage that went on from there, or the last that logged.
        bad = None
        name = earlier["stage"] if earlier["stage"] in logged else name
    elif bad:
        name = bad[0]
    histories = [(run.seed, run.stage(name).history) for run in found.runs if run.stage(name).history]
    terms = _chosen(list(histories[0][1]["terms"]), bad[1]["term"] if bad else None)
    columns = min(3, len(terms))
    rows = -(-len(terms) // columns)
    seen = f"Stage {name}: "
    seen += (
        f"{bad[1]['term']} is not finite from step {bad[1]['step']} on."
        if bad
        else f"{earlier['term']} of {earlier['stage']} is not finite from step {earlier['step']} of scenario {earlier['scenario']} on."
        if earlier
        else "every logged term is finite."
    )
    fig = style.start(record, "Terms that the stages logged", seen, width=4 * columns, height=2.6 * rows)
    axes = fig.subplots(rows, columns, squeeze=False)
    for axis, term in zip(axes.flat, terms, strict=False):
        for number, (seed, history) in enumerate(histories):
            if term in history["terms"]:
                _line(axis, history, term, f"C{number}", f"seed {seed}")
        if _is_wide(histories, term):
            style.log_axis(axis.yaxis, linear_below=1.0)
        axis.set_title(term)
        axis.set_xlabel("step")
        if bad and bad[1]["term"] == term:
            axis.axvline(bad[1]["step"], color="0.3", linestyle=":", label="first value that is not finite")
    for axis in axes.flat[len(terms) :]:
        axis.set_visible(False)
    axes.flat[0].legend(fontsize="small")
    return fig


def _chosen(terms: list[str], bad: str | None) -> list[str]:
    first = max(0, terms.index(bad) - PANELS // 2) if bad in terms else 0
    return terms[first : first + PANELS]


def _is_wide(histories: list[tuple[int, Row]], term: str) -> bool:
    columns = [history["terms"].get(term, {}) for _, history in histories]
    values = np.abs(
        np.concatenate(
            [np.ravel(np.asarray(c.get("values", c.get("max", ())), dtype=float)) for c in columns]
        )
    )
    values = values[np.isfinite(values)]
    return bool(values.size) and values.max() > WIDE * np.median(values)


def _line(axis, history: Row, term: str, color: str, label: str) -> None:
    column, steps = history["terms"][term], history["steps"]
    low = np.asarray(column.get("values", column.get("min")), dtype=float)
    high = np.asarray(column.get("values", column.get("max")), dtype=float)
    if low.ndim > 1:
        low, high = low.min(axis=1), high.max(axis=1)
    axis.plot(steps, low, color=color, label=label)
    if not np.array_equal(low, high, equal_nan=True):
        axis.fill_between(steps, low, high, color=color, alpha=0.2)
