"""Terms that are counted twice: a likelihood that enters under two names, or inside another term."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from faultline.criteria.thresholds import EQUAL_TERMS_POINTS, EQUAL_TERMS_SPREAD
from faultline.engine.backend import PLAIN, compile_function
from faultline.engine.factors import Factors
from faultline.engine.gradients import gradient_of, joined_gradient
from faultline.probes.redrawn import are_one, data_in, leaves, redraws

if TYPE_CHECKING:
    import pymc as pm

POINTS = 5
"""Random points at which two factors are compared."""

REDRAWS, USABLE = 8, 2
"""Other data with which a pair must agree: how many are drawn, and how many must leave both terms finite."""


def equal_terms(factors: Factors, *, seed: int = 0) -> list[dict[str, Any]]:
    """Pairs of factors that rise and fall together: a likelihood counted twice.

    ``equal``: over random points the difference of the two is constant, although each varies; ``max_spread`` is the
    range of the difference over the range of the first. ``contained``: the first is a summand of the second (or the two
    share one), because their gradients agree at every point by two variables or more, or by all that the first
    depends on; ``max_spread`` is the largest relative difference of those gradients, by the ``variables`` named. The
    gradients must change from point to point, so that a shared linear term is no finding. Terms that read different
    discrete variables are no pair: these stand still, and one of their values may well make two terms alike. Fewer than
    two points where everything is finite: nothing can be said, and nothing is found.

    Terms may agree because of the values that their data happen to have: a datum that is 0, or data that are symmetric. So a
    pair counts only if it agrees with other data, too (`redrawn`), or is one expression where other data make no sense.
    """
    points = factors.points(POINTS, seed=seed)
    if len(points) < 2:
        return []
    totals = np.array([factors.totals(point) for point in points])
    equal = _equal(factors.names, totals)
    seen = {frozenset(row["names"]) for row in equal}
    shared = _shared(factors, np.array([factors.jacobian(point) for point in points]))
    found = equal + [row for row in shared if frozenset(row["names"]) not in seen]
    reads = dict(zip(factors.names, map(_discrete(factors.model), factors.graphs), strict=True))
    found = [row for row in found if len({reads[name] for name in row["names"]}) == 1]
    return [row for row in found if _agrees(factors, row, points, seed)] if found else []


def _agrees(factors: Factors, row: dict[str, Any], points: list[np.ndarray], seed: int) -> bool:
    """Whether the pair of a row is a pair with other data, too."""
    from pytensor.graph.basic import equal_computations
    from pytensor.graph.replace import clone_replace

    # Anew: to differentiate the others they were rewritten in place, and data may have become part of other constants.
    graphs = factors.graphs_of(row["names"])
    # By term: PyTensor has one constant for all single numbers that are equal.
    data = {(i, leaf): data_in(leaf) for i, graph in enumerate(graphs) for leaf in leaves(graph)}
    own = set(factors.model.rvs_to_values.values())
    observed = {key for key in data if key[1] in own}
    rng = np.random.default_rng(seed)
    for redraw in redraws(data, observed):
        if not (drawn := redraw(rng)):
            return True  # there are no data in them
        given = {key: key[1].type.clone(shape=values.shape)() for key, values in drawn.items()}
        try:
            others = [
                clone_replace(
                    graph, {leaf: new for (j, leaf), new in given.items() if j == i}, rebuild_strict=False
                )
                for i, graph in enumerate(graphs)
            ]
            function = _totals_and_gradients(factors, others, list(given.values()))
            draws = (drawn, *(redraw(rng) for _ in range(REDRAWS - 1)))
            agree = [_alike(factors, row, points, function, list(values.values())) for values in draws]
        except Exception:  # a graph that insists on its data
            continue
        known = [alike for alike in agree if alike is not None]
        if len(known) >= USABLE or False in known:
            return all(known)
    # Data that mean the same to both terms are told from those that happen to be equal by how much they hold.
    told = all(are_one(data[key], data[key]) for key in observed)
    return told and equal_computations(graphs[:1], graphs[1:])


def _totals_and_gradients(factors: Factors, graphs: list[Any], data: list[Any]) -> Any:
    """``vector, *data -> (totals (2,), gradients (2, n))`` of a pair of terms."""
    import pytensor.tensor as pt
    from pymc.pytensorf import rewrite_pregrad

    values = factors.model.continuous_value_vars
    totals = [graph.sum().astype("float64") for graph in graphs]
    rows = [joined_gradient(factors.layout, gradient_of(rewrite_pregrad(total), values)) for total in totals]
    outputs, vector = factors.layout.join(factors.model, [pt.stack(totals), pt.stack(rows)])
    return compile_function([vector, *data], outputs, backend=PLAIN, model=factors.model)


def _alike(
    factors: Factors, row: dict[str, Any], points: list[np.ndarray], function: Any, data: list[np.ndarray]
) -> bool | None:
    """Whether a pair agrees with these data; None where too few points are finite."""
    with np.errstate(all="ignore"):
        found = [function(point, *data) for point in points]
    found = [both for both in found if all(np.isfinite(part).all() for part in both)]
    if len(found) < EQUAL_TERMS_POINTS:
        return None
    totals, gradients = (np.array(part) for part in zip(*found, strict=True))
    if row["kind"] == "equal":
        return bool(_equal(row["names"], totals))
    for block in factors.layout.blocks:
        if block.name in row["variables"]:
            first, second = gradients[:, 0, block.slice], gradients[:, 1, block.slice]
            if np.abs(first - second).max() > EQUAL_TERMS_SPREAD * max(np.abs(first).max(), 1e-300):
                return False
    return True


def _discrete(model: pm.Model) -> Callable[[Any], frozenset[Any]]:
    """The discrete variables that a graph reads."""
    from pytensor.graph.traversal import graph_inputs

    values = frozenset(model.discrete_value_vars)
    return lambda graph: values.intersection(graph_inputs([graph])) if values else values


def _equal(names: list[str], totals: np.ndarray) -> list[dict[str, Any]]:
    """`totals`: points by factors."""
    found = []
    varies = np.ptp(totals, axis=0)
    floor = np.finfo(float).eps * np.abs(totals).max(axis=0)
    # Of a pair, one varies as much as the other: only neighbours in that order are worth a look.
    for i, j in sorted(_same_size(list(range(len(names))), varies[None])):
        own, noise = max(varies[i], varies[j]), 8 * max(floor[i], floor[j])
        # A factor that varies by no more than its rounding is constant: it equals nothing.
        if min(varies[i], varies[j]) <= noise / EQUAL_TERMS_SPREAD:
            continue
        spread = np.ptp(totals[:, i] - totals[:, j]) / own
        if spread <= EQUAL_TERMS_SPREAD:
            found.append(
                {
                    "names": [names[i], names[j]],
                    "n_points": len(totals),
                    "max_spread": float(spread),
                    "kind": "equal",
                }
            )
    return found


def _shared(factors: Factors, jacobians: np.ndarray) -> list[dict[str, Any]]:
    """`jacobians`: points by factors by values."""
    agree: dict[tuple[int, int], dict[str, float]] = {}
    depends: list[set[str]] = [set() for _ in factors.names]
    changing: set[tuple[int, str]] = set()
    for block in factors.layout.blocks:
        part = jacobians[:, :, block.slice]
        size = np.abs(part).max(axis=2, initial=0.0)
        rows = [
            i for i in range(len(factors.names)) if (size[:, i] > 0).all() and np.isfinite(size[:, i]).all()
        ]
        for i in rows:
            depends[i].add(block.name)
            if np.ptp(part[:, i], axis=0).max() > EQUAL_TERMS_SPREAD * size[:, i].max():
                changing.add((i, block.name))
        for i, j in _same_size(rows, size):
            apart = np.abs(part[:, i] - part[:, j]).max(axis=1) / size[:, i]
            if apart.max() <= EQUAL_TERMS_SPREAD:
                agree.setdefault((i, j), {})[block.name] = float(apart.max())
    found = []
    for (i, j), by in agree.items():
        first, second = (i, j) if len(depends[i]) <= len(depends[j]) else (j, i)
        enough = len(by) >= 2 or set(by) == depends[first]
        if enough and any((first, name) in changing for name in by):
            found.append(
                {
                    "names": [factors.names[first], factors.names[second]],
                    "n_points": len(jacobians),
                    "max_spread": max(by.values()),
                    "kind": "contained",
                    "variables": list(by),
                }
            )
    return found


def _same_size(rows: list[int], size: np.ndarray) -> list[tuple[int, int]]:
    """Pairs of rows that have the same size (points, factors) at the first point: the only ones worth comparing."""
    ordered = sorted(rows, key=lambda i: size[0, i])
    runs: list[list[int]] = []
    for i in ordered:
        if runs and size[0, i] - size[0, runs[-1][-1]] <= EQUAL_TERMS_SPREAD * size[0, i]:
            runs[-1].append(i)
        else:
            runs.append([i])
    return [(min(p), max(p)) for run in runs for p in itertools.combinations(run, 2)]
