"""What a graph costs before anything is compiled: CPU seconds in which it is differentiated and rewritten, at every start of Python.

A loop over steps that is written out, or one term for each datum, makes thousands of operations of what a scan or one operation over
an array does in a few. How many are too many, only the seconds say: a small graph is not timed, for it takes none to speak of.
"""

from __future__ import annotations

import signal
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from faultline.criteria.thresholds import GRAPH_DEPTH, GRAPH_NODES, GRAPH_SECONDS, GRAPH_TERM_SECONDS
from faultline.engine import xla
from faultline.engine.backend import briskly
from faultline.engine.factors import Factors
from faultline.engine.gradients import gradient_of, joined_gradient

CANDIDATES = 3
"""Terms with the most operations, and of those with the longest chains of them, that are timed alone."""

BEYOND = 1.1
"""Times its limit, after which the timing ends: what it was by then is beyond the limit."""


class _Enough(BaseException):
    """The CPU seconds are used up. No `Exception`: PyTensor goes on after those that its rewrites raise."""


def graph_cost(factors: Factors) -> dict[str, Any]:
    """``{n_nodes, depth, by_factor}``, of a graph that is not small also ``{cpu_seconds, costliest: {name, cpu_seconds}}``.

    ``cpu_seconds`` of the process, which other work on the machine does not lengthen: of the ``costliest`` term alone, and of
    all together, null where that term is beyond its limit already. A timing ends soon after its limit.
    """
    found = graph_size(factors)
    if found["depth"] <= GRAPH_DEPTH and found["n_nodes"] <= GRAPH_NODES:
        return found
    most, longest = (sorted(found["by_factor"], key=lambda row: -row[key]) for key in ("n_nodes", "depth"))
    tried = dict.fromkeys(row["name"] for row in [*most[:CANDIDATES], *longest[:CANDIDATES]])
    rows = []
    for name in tried:
        rows.append({"name": name, **_cost(factors, [name], GRAPH_TERM_SECONDS)})
        if rows[-1]["cpu_seconds"] > GRAPH_TERM_SECONDS:
            break
    costliest = max(rows, key=lambda row: row["cpu_seconds"])
    together: dict[str, Any] = {"cpu_seconds": None}
    if costliest["cpu_seconds"] <= GRAPH_TERM_SECONDS:
        together = _cost(factors, factors.names, GRAPH_SECONDS)
    return {**found, **together, "costliest": costliest}


def _cost(factors: Factors, names: list[str], limit: float) -> dict[str, Any]:
    """``{cpu_seconds}`` that the terms take to be differentiated and rewritten; with ``too_deep``, beyond the limit, where they are nested so
    deeply that Python cannot do it in any time.
    """
    import jax  # noqa: F401 (the rewrites import it)
    import pytensor.tensor as pt
    from pymc.pytensorf import rewrite_pregrad

    graphs = factors.graphs_of(names)
    values = factors.model.continuous_value_vars
    began = time.process_time()
    try:
        with cpu_limit(BEYOND * limit), briskly():
            totals = [graph.sum().astype("float64") for graph in graphs]
            cost = rewrite_pregrad(pt.add(*totals) if len(totals) > 1 else totals[0])
            gradient = joined_gradient(factors.layout, gradient_of(cost, values))
            outputs, vector = factors.layout.join(factors.model, [cost, gradient])
            xla.rewrite(factors.model, outputs, vector)
    except _Enough:
        return {"cpu_seconds": round(max(time.process_time() - began, BEYOND * limit), 2)}
    except RecursionError:
        return {"cpu_seconds": round(BEYOND * limit, 2), "too_deep": True}
    except Exception:  # an Op that refuses: the looks that follow will say where
        pass
    return {"cpu_seconds": round(time.process_time() - began, 2)}


@contextmanager
def cpu_limit(seconds: float) -> Iterator[None]:
    """Raise `_Enough` in the main thread when this process has used so many CPU seconds inside."""

    def stop(*_: Any) -> None:
        raise _Enough

    before = signal.signal(signal.SIGPROF, stop)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


def graph_size(factors: Factors) -> dict[str, Any]:
    """Apply nodes of the log-probability before any rewriting, in all and by factor, largest first.

    ``depth`` is the longest chain of nodes of which each needs the one before: a Python loop over steps makes it long, a
    scan or a vectorised operation does not.
    """
    by_factor = [
        {"name": name, "n_nodes": len(set(nodes([graph]))), "depth": _depth(graph)}
        for name, graph in zip(factors.names, factors.graphs, strict=True)
    ]
    return {
        "n_nodes": len(set(nodes(factors.graphs))),
        "depth": max((row["depth"] for row in by_factor), default=0),
        "by_factor": sorted(by_factor, key=lambda row: -row["n_nodes"]),
    }


def _depth(graph: Any) -> int:
    from pytensor.graph.traversal import toposort

    depth: dict[Any, int] = {}
    for node in toposort([graph]):
        depth[node] = 1 + max((depth[i.owner] for i in node.inputs if i.owner is not None), default=0)
    return depth.get(graph.owner, 0)


def nodes(graphs: Iterable[Any]) -> list[Any]:
    """All Apply nodes under `graphs`, those of inner graphs (loops, Ops made from graphs) included."""
    from pytensor.graph.op import HasInnerGraph
    from pytensor.graph.traversal import apply_ancestors

    found = []
    for node in apply_ancestors(list(graphs)):
        found.append(node)
        if isinstance(node.op, HasInnerGraph):
            found.extend(nodes(node.op.inner_outputs))
    return found
