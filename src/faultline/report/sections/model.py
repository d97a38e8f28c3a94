"""Section 2, Model checks: the log-probability at the start, term by term, and what the model's graph says."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from faultline.core.sections.model import Logp, LogpStart, Model
from faultline.core.sections.record import Error, Record
from faultline.core.sections.section import Row
from faultline.engine.names import element, element_of
from faultline.experiments import experiment
from faultline.report import labels
from faultline.report.markdown import code, codes, exact, number, plural, table, text, worst_first
from faultline.report.sections import published

WORST = 10
GRAPH = (
    "PyMC builds the joint log-probability as a PyTensor computation graph: one term for each free variable, observed variable "
    "and potential."
)


def section(record: Record, picture: str = "") -> str:
    parts = [GRAPH, *_size(record.model)]
    if experiment(record.kind).section == "model":
        parts.append(labels.checks_table(record.checks))
    if record.logp:
        parts += _logp(record.logp, published.figures(record))
        parts.append(picture)
    else:
        parts.append(f"The log-probability was not evaluated term by term in this group{_why(record.error)}.")
    parts += _structure(record.model)
    if experiment(record.kind).section == "model":
        parts.append(published.others(record, {t["name"] for t in record.logp.terms}))
    return "\n\n".join(part for part in parts if part)


def _why(error: Error) -> str:
    return ", because it stopped before" if error else " (the build group does that)"


def _size(model: Model) -> list[str]:
    if not model:
        return []
    line = f"The model has {plural(model.n_free_rvs, 'free variable')} with "
    if model.discrete:
        line += f"{plural(model.n_values, 'continuous value')} in all, beside the discrete {codes(model.discrete)}"
    else:
        line += f"{plural(model.n_values, 'value')} in all"
    for names, noun in ((model.observed, "observed variable"), (model.potentials, "potential")):
        if names:
            line += f"; {plural(len(names), noun)}: {codes(names)}"
    return [line + "."]


def _logp(logp: Logp, reference: Row) -> list[str]:
    terms = logp.terms
    parts = [f"Total log-probability at the initial point: **{exact(logp.total)}**"]
    parts[0] += f" ({number(logp.n_nan)} NaN, {number(logp.n_inf)} infinite elements)."
    if terms:
        parts.append(worst_first(min(WORST, len(terms)), len(terms), "term"))
        parts.append(_terms(terms[:WORST], reference))
    if logp.equal_terms:
        parts += map(_equal, logp.equal_terms)
    if logp.start:
        parts.append(_start(logp.start))
    return parts


def _terms(terms: Sequence[Row], reference: Row) -> str:
    header = ["term", "log-probability", "elements", "NaN", "infinite"]
    columns = [
        lambda t: code(t["name"]),
        lambda t: exact(t.get("value")),
        lambda t: number(t.get("n_elements")),
        lambda t: number(t.get("n_nan")),
        lambda t: number(t.get("n_inf")),
    ]
    if any(t["name"] in reference for t in terms):
        header.append("published")
        columns.append(lambda t: exact(reference[t["name"]]) if t["name"] in reference else "")
    right = range(1, len(header))
    if any(t.get("bad") for t in terms):
        header.append("first elements not finite")
        columns.append(lambda t: ", ".join(_bad(row) for row in t.get("bad", ())))
    return table(header, [[column(t) for column in columns] for t in terms], right=right)


def _bad(row: Row) -> str:
    where = code(element("", row.get("index"), row.get("labels")) or "[]")
    return f"{where} (datum {exact(row['datum'])})" if "datum" in row else where


def _equal(pair: Row) -> str:
    first, *rest = (code(name) for name in pair["names"])
    other = " and ".join(rest)
    if pair.get("kind") == "contained":
        said = f"{first} is contained in {other}: their gradients agree"
    else:
        said = f"{first} and {other} differ by a constant"
    points = f"{plural(pair.get('n_points'), 'random point')} (relative spread {number(pair.get('max_spread'), 2)})"
    return f"**Counted twice?** {said} at {points}."


def _start(start: LogpStart) -> str:
    rows = []
    if start.without_jitter:
        rows.append(["without jitter", exact(start.without_jitter.get("logp"))])
    for row in start.with_jitter:
        rows.append([f"with jitter, seed {number(row.get('seed')).replace(',', '')}", exact(row.get("logp"))])
    return (
        "Where a chain may start:\n\n" + table(["start", "log-probability"], rows, right=[1]) if rows else ""
    )


def _structure(model: Model) -> list[str]:
    parts = []
    if model.prior_only:
        listed = ", ".join(map(_prior_only, model.prior_only))
        parts.append(f"Values that only their own prior informs, not the data: {listed}.")
    if model.flat:
        listed = ", ".join(
            f"{code(row['name'])} ({number(row.get('n'))} of {number(row.get('size'))})" for row in model.flat
        )
        parts.append(f"Values whose gradient is exactly 0 at every point that was tried: {listed}.")
    if model.disconnected:
        parts.append(f"No gradient reaches: {', '.join(map(_cut_off, model.disconnected))}.")
    if model.custom_ops:
        rows = [
            [code(op.get("op")), codes(op.get("factors", ())), _gradient(op.get("has_gradient"))]
            for op in model.custom_ops
        ]
        parts.append("Custom PyTensor Ops, prime suspects when a gradient is wrong:")
        parts.append(table(["Op", "in the terms", "gradient"], rows))
    elif model.custom_ops is not None:
        parts.append("The graph contains no custom PyTensor Op.")
    graph = model.graph
    if graph.by_factor:
        rows = [[code(row["name"]), number(row.get("n_nodes"))] for row in graph.by_factor[:WORST]]
        parts.append(
            f"Size of the graph, which drives the cost of compiling ({plural(graph.n_nodes, 'node')}):"
        )
        parts.append(table(["term", "nodes"], rows, right=[1]))
    return parts


def _cut_off(row: Row) -> str:
    inside = f" in {code(row['factor'])}" if row.get("factor") else ""
    return code(row["name"]) + inside + (f" ({text(row['reason'])})" if row.get("reason") else "")


def _prior_only(row: Row) -> str:
    return f"{code(element_of(row))} ({plural(row.get('n'), 'value')})"


def _gradient(has: Any) -> str:
    return {True: "yes", False: "**none**"}.get(has, "unknown")
