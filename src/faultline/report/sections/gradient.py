"""Section 3, Gradient checks: size, finiteness, who carries it, whether it is right, and what it costs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from faultline.core.sections.model import FiniteDifferences, Gradient
from faultline.core.sections.record import Record
from faultline.core.sections.section import Row
from faultline.engine.names import element_of
from faultline.experiments import experiment
from faultline.report import labels
from faultline.report.markdown import code, exact, known, number, percent, plural, seconds, table
from faultline.report.sections import published

AUTODIFF = (
    "PyTensor compiles the log-probability and differentiates it automatically; NUTS follows the PyTensor gradient of the joint "
    "log-probability, so a wrong or missing gradient misleads the sampler even where the log-probability is right."
)
TOP = 10
_STAGES = {
    "import": "import the libraries",
    "load": "load the data",
    "build": "build the model",
    "first_gradient": "from the built model to the gradient at the start, nothing compiled",
    "graph": "build the gradient's graph",
    "compile": "compile log-probability and gradient",
    "first": "first evaluation",
    "steady": "steady evaluation",
}


def section(record: Record, picture: str = "") -> str:
    parts = [AUTODIFF]
    if experiment(record.kind).section == "gradient":
        parts.append(labels.checks_table(record.checks))
    gradient = record.gradient
    if gradient:
        parts += [*_norms(gradient), *_top(gradient.top), picture, *_shares(gradient.share_by_variable)]
        parts += [*_differences(gradient.finite_differences), _timings(record)]
    elif experiment(record.kind).section == "gradient":
        parts += ["The gradient was not evaluated, because the group stopped earlier.", _timings(record)]
    else:
        parts.append(
            "The gradient was not evaluated on its own in this group (the gradient group does that)."
        )
    parts += _comparison(record.component_comparison)
    if experiment(record.kind).section == "gradient":
        parts.append(published.others(record, published.TIMED))
    return "\n\n".join(part for part in parts if part)


def _norms(gradient: Gradient) -> list[str]:
    line = (
        f"At the initial point the gradient has {plural(gradient.n, 'element')}, L2 norm **{_size(gradient.l2)}**, "
        f"largest component **{_size(gradient.linf)}**, {number(gradient.n_nan)} NaN and {number(gradient.n_inf)} infinite."
    )
    points = gradient.perturbations
    if not points:
        return [line]
    rows = [
        [number(p.get("seed")), exact(p.get("logp")), _size(p.get("l2")), _finite(p.get("finite"))]
        for p in points
    ]
    near = table(["seed", "log-probability", "L2 norm", "all finite"], rows, right=[0, 1, 2])
    return [line, f"At {plural(len(points), 'slightly perturbed point')}:", near]


def _size(value: Any) -> str:
    return number(value) if known(value) or value is None else exact(value)


def _finite(value: Any) -> str:
    return {True: "yes", False: "**no**"}.get(value, "unknown")


def _top(top: Sequence[Row]) -> list[str]:
    if not top:
        return []
    rows = [[code(element_of(t)), _size(t.get("value"))] for t in top[:TOP]]
    total = len(top)
    note = f" (the record lists {total})" if total > len(rows) else ""
    lead = "The only component" if total == 1 else f"The {len(rows)} largest components"
    return [f"{lead}{note}:", table(["component", "gradient"], rows, right=[1])]


def _shares(shares: Sequence[Row]) -> list[str]:
    if not shares:
        return []
    rows = [[code(s["name"]), percent(s.get("share"))] for s in shares[:TOP]]
    rest = len(shares) - len(rows)
    note = f" (the record lists {rest} more)" if rest > 0 else ""
    return [f"Share of the squared norm by variable{note}:", table(["variable", "share"], rows, right=[1])]


def _differences(found: FiniteDifferences) -> list[str]:
    factors = sorted(
        found.factors,
        key=lambda f: (known(f.get("max_relative_error")), -(f.get("max_relative_error") or 0)),
    )
    if not factors:
        return []
    rows = [
        [code(f["name"]), number(f.get("max_relative_error"), 2), _worst(f.get("worst"))]
        for f in factors[:TOP]
    ]
    steps = " and ".join(map(number, found.steps))
    line = f"Against central finite differences, term by term ({plural(found.points, 'point')}, step {steps or 'unknown'}"
    line += f", the worst {len(rows)} of {len(factors)} terms):" if len(factors) > len(rows) else "):"
    return [line, table(["term", "largest relative error, beyond rounding", "where"], rows, right=[1])]


def _worst(worst: Row | None) -> str:
    if not worst:
        return ""
    where = code(element_of(worst, "variable"))
    return f"{where}: gradient {number(worst.get('analytic'))}, difference {number(worst.get('numeric'))}"


def _timings(record: Record) -> str:
    timings = record.timings
    figures = published.timings(record)
    rows = [
        [label, seconds(timings[key]), figures.get(key, "")]
        for key, label in _STAGES.items()
        if key in timings
    ]
    rows.append(["gradient elements", number(record.gradient.n), figures["n_values"]])
    memory = record.peak_memory_mb
    if memory is not None:
        rows.append(["peak memory", f"{number(round(memory))} MB" if known(memory) else "unknown", ""])
    columns = 3 if any(row[2] for row in rows) else 2
    return "What it costs:\n\n" + table(
        ["", "measured", "published"][:columns], [r[:columns] for r in rows], right=[1, 2]
    )


def _comparison(rows: Sequence[Row]) -> list[str]:
    lines = []
    for row in rows:
        off, on, ratio = (row.get(key, {}) for key in ("off", "on", "ratio"))
        name = code(row["component"])
        # No times of compiling: in one process they say which was built first.
        for key, label, show in (("n_values", "values", number), ("steady", "steady evaluation", seconds)):
            if key in off or key in on:
                times = f"× {number(ratio.get(key), 3)}" if known(ratio.get(key)) else "unknown"
                lines.append([name, label, show(off.get(key)), show(on.get(key)), times])
    if not lines:
        return []
    return [
        "Each component, off versus on:",
        table(["component", "", "off", "on", "ratio"], lines, right=[2, 3, 4]),
    ]
