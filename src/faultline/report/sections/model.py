"""Section 2, Model checks: the log-probability at the start, term by term, and what the model's graph says."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from faultline.report import labels
from faultline.report.markdown import code, codes, element, exact, number, plural, table, text, worst_first
from faultline.report.sections import published

WORST = 10
GRAPH = (
    "PyMC builds the joint log-probability as a PyTensor computation graph: one term for each free variable, observed variable "
    "and potential."
)


def section(record: Mapping[str, Any], picture: str = "") -> str:
    parts = [GRAPH, *_size(record.get("model") or {})]
    if record.get("kind") == "build":
        parts.append(labels.checks_table(record.get("checks") or []))
    logp = record.get("logp") or {}
    if logp:
        parts += _logp(logp, published.figures(record))
        parts.append(picture)
    else:
        parts.append(f"The log-probability was not evaluated term by term in this group{_why(record)}.")
    parts += _structure(record.get("model") or {})
    if record.get("kind") == "build":
        parts.append(published.others(record, {t["name"] for t in logp.get("terms") or []}))
    return "\n\n".join(part for part in parts if part)


def _why(record: Mapping[str, Any]) -> str:
    error = record.get("error")
    return ", because it stopped before" if error else " (the build group does that)"


def _size(model: Mapping[str, Any]) -> list[str]:
    if not model:
        return []
    line = f"The model has {plural(model.get('n_free_rvs'), 'free variable')} with "
    if names := model.get("discrete"):
        line += (
            f"{plural(model.get('n_values'), 'continuous value')} in all, beside the discrete {codes(names)}"
        )
    else:
        line += f"{plural(model.get('n_values'), 'value')} in all"
    for key, noun in (("observed", "observed variable"), ("potentials", "potential")):
        if model.get(key):
            line += f"; {plural(len(model[key]), noun)}: {codes(map(_name, model[key]))}"
    return [line + "."]


def _name(entry: Any) -> Any:
    return entry["name"] if isinstance(entry, Mapping) else entry


def _logp(logp: Mapping[str, Any], reference: Mapping[str, Any]) -> list[str]:
    terms = logp.get("terms") or []
    parts = [f"Total log-probability at the initial point: **{exact(logp.get('total'))}**"]
    parts[0] += f" ({number(logp.get('n_nan'))} NaN, {number(logp.get('n_inf'))} infinite elements)."
    if terms:
        parts.append(worst_first(min(WORST, len(terms)), len(terms), "term"))
        parts.append(_terms(terms[:WORST], reference))
    for pair in logp.get("equal_terms") or []:
        parts.append(_equal(pair))
    if start := logp.get("start"):
        parts.append(_start(start))
    return parts


def _terms(terms: list[Mapping[str, Any]], reference: Mapping[str, Any]) -> str:
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
        columns.append(lambda t: ", ".join(_bad(row) for row in t.get("bad") or []))
    return table(header, [[column(t) for column in columns] for t in terms], right=right)


def _bad(row: Mapping[str, Any]) -> str:
    where = code(row.get("index"))
    return f"{where} (datum {exact(row['datum'])})" if "datum" in row else where


def _equal(pair: Mapping[str, Any]) -> str:
    first, *rest = (code(name) for name in pair.get("names") or ["unknown"])
    other = " and ".join(rest)
    if pair.get("kind") == "contained":
        said = f"{first} is contained in {other}: their gradients agree"
    else:
        said = f"{first} and {other} differ by a constant"
    points = f"{plural(pair.get('n_points'), 'random point')} (relative spread {number(pair.get('max_spread'), 2)})"
    return f"**Counted twice?** {said} at {points}."


def _start(start: Mapping[str, Any]) -> str:
    rows = []
    if "without_jitter" in start:
        rows.append(["without jitter", exact((start["without_jitter"] or {}).get("logp"))])
    for row in start.get("with_jitter") or []:
        rows.append([f"with jitter, seed {number(row.get('seed')).replace(',', '')}", exact(row.get("logp"))])
    return (
        "Where a chain may start:\n\n" + table(["start", "log-probability"], rows, right=[1]) if rows else ""
    )


def _structure(model: Mapping[str, Any]) -> list[str]:
    parts = []
    if model.get("prior_only"):
        listed = ", ".join(_prior_only(row) for row in model["prior_only"])
        parts.append(
            f"Values that touch nothing but their own prior (the data cannot inform them): {listed}."
        )
    if model.get("flat"):
        listed = ", ".join(
            f"{code(row['name'])} ({number(row.get('n'))} of {number(row.get('size'))})"
            for row in model["flat"]
        )
        parts.append(f"Values whose gradient is exactly 0 at every point that was tried: {listed}.")
    if model.get("disconnected"):
        parts.append(f"No gradient reaches: {', '.join(map(_cut_off, model['disconnected']))}.")
    ops = model.get("custom_ops")
    if ops:
        rows = [
            [code(op.get("op")), codes(op.get("factors") or []), _gradient(op.get("has_gradient"))]
            for op in ops
        ]
        parts.append("Custom PyTensor Ops, prime suspects when a gradient is wrong:")
        parts.append(table(["Op", "in the terms", "gradient"], rows))
    elif ops is not None:
        parts.append("The graph holds no custom PyTensor Op.")
    graph = model.get("graph") or {}
    if graph.get("by_factor"):
        rows = [[code(row["name"]), number(row.get("n_nodes"))] for row in graph["by_factor"][:WORST]]
        parts.append(
            f"Size of the graph, which is what compiling costs ({plural(graph.get('n_nodes'), 'node')}):"
        )
        parts.append(table(["term", "nodes"], rows, right=[1]))
    return parts


def _cut_off(row: Any) -> str:
    if not isinstance(row, Mapping):
        return code(row)
    inside = f" in {code(row['factor'])}" if row.get("factor") else ""
    return code(row["name"]) + inside + (f" ({text(row['reason'])})" if row.get("reason") else "")


def _prior_only(row: Mapping[str, Any]) -> str:
    return f"{code(element(row['name'], row.get('index')))} ({plural(row.get('n'), 'value')})"


def _gradient(has: Any) -> str:
    return {True: "yes", False: "**none**"}.get(has, "unknown")
