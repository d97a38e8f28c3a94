"""The log-probability at the start, term by term in full precision, and terms that are counted twice."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from faultline.backend import PLAIN, compile_function
from faultline.probes.broken_data import broken_data
from faultline.probes.definite import without_root
from faultline.probes.factors import Factors
from faultline.thresholds import EQUAL_TERMS_SPREAD

if TYPE_CHECKING:
    import pymc as pm

SEEDS = (0, 1, 2, 3, 4)
"""Seeds of the jittered starts."""

POINTS = 5
"""Random points at which two factors are compared."""

SHOWN = 5
"""Non-finite elements listed by index for one factor."""


def log_probability(
    model: pm.Model, *, factors: Factors | None = None, seed: int = 0, pairs: bool = True
) -> dict[str, Any]:
    """The record's ``logp``, at PyMC's initial point.

    ``total`` is what the compiled ``model.logp()`` gives on the plain Python linker, ``terms_total`` the sum of the terms
    as the factors' backend computes them: they must agree. `pairs` = False skips the search for equal terms, which compiles the factors' gradients.
    """
    factors = factors or Factors(model)
    rows = terms(factors)
    outputs, vector = factors.layout.join(model, [model.logp()])
    at = factors.layout.vector()
    compiled = compile_function([vector], outputs, backend=PLAIN, example=[at], model=model)
    return {
        "total": float(compiled(at)[0]),
        "terms_total": float(sum(row["value"] for row in rows)),
        "terms": rows,
        "n_nan": sum(row["n_nan"] for row in rows),
        "n_inf": sum(row["n_inf"] for row in rows),
        **({"equal_terms": equal_terms(factors, seed=seed)} if pairs else {}),
        "start": starts(model, factors),
    }


def terms(factors: Factors) -> list[dict[str, Any]]:
    """Each factor's log-probability at the start, the worst first: non-finite, then the most negative.

    ``bad`` lists the first elements that are not finite: their index, and for an observed variable the datum. ``data`` are the
    arrays that make it so (`broken_data`), else ``matrix`` is the one in it that has no Cholesky root, if there is one.
    """
    kinds = {v.name: "prior" for v in factors.model.free_RVs}
    kinds |= {v.name: "observed" for v in factors.model.observed_RVs}
    rows = []
    for name, values in zip(factors.names, factors.elements(factors.layout.vector()), strict=True):
        finite = np.isfinite(values)
        with np.errstate(invalid="ignore"):  # -inf beside +inf
            total = float(values.sum())
        row = {
            "name": name,
            "kind": kinds.get(name, "potential"),
            "value": total,
            "n_elements": int(values.size),
            "n_nan": int(np.isnan(values).sum()),
            "n_inf": int(np.isinf(values).sum()),
        }
        if not finite.all():
            row["bad"] = _bad(factors.model, name, ~finite)
            if data := broken_data(factors, name, factors.layout.vector()):
                row["data"] = data
            elif matrix := without_root(factors, name, factors.layout.vector()):
                row["matrix"] = matrix
        rows.append(row)
    return sorted(rows, key=lambda row: (True, row["value"]) if np.isfinite(row["value"]) else (False, 0.0))


def _bad(model: pm.Model, name: str, wrong: np.ndarray) -> list[dict[str, Any]]:
    data = _data(model, name)
    found = []
    for index in itertools.islice(zip(*np.nonzero(wrong), strict=True), SHOWN) if wrong.ndim else [()]:
        row: dict[str, Any] = {"index": [int(i) for i in index]}
        if data is not None and data.shape == wrong.shape:
            row["datum"] = float(data[index])
        found.append(row)
    return found


def _data(model: pm.Model, name: str) -> np.ndarray | None:
    """The data of the observed variable `name`, if they are plain numbers."""
    from pytensor.compile.sharedvalue import SharedVariable
    from pytensor.graph.basic import Constant

    for rv in model.observed_RVs:
        value = model.rvs_to_values[rv]
        if rv.name == name and isinstance(value, Constant):
            return np.asarray(value.data)
        if rv.name == name and isinstance(value, SharedVariable):
            return np.asarray(value.get_value())
    return None


def _start(factors: Factors, seed: int, totals: np.ndarray) -> dict[str, Any]:
    """A jittered start: its log-probability, and the factors that are not finite there."""
    broken = [name for name, total in zip(factors.names, totals, strict=True) if not np.isfinite(total)]
    return {"seed": seed, "logp": float(totals.sum()), **({"broken": broken} if broken else {})}


def starts(model: pm.Model, factors: Factors) -> dict[str, Any]:
    """Log-probability at PyMC's initial point and at starts with PyMC's own jitter, one per seed.

    The jitter is that of ``init="jitter+adapt_diag"``: uniform(-1, 1) on each unconstrained value. A sampler draws
    again where the result is not finite; these are first draws.
    """
    from pymc.initial_point import make_initial_point_fn

    layout = factors.layout
    continuous = {model.values_to_rvs[value] for value in model.continuous_value_vars}
    jittered = make_initial_point_fn(model=model, jitter_rvs=continuous, return_transformed=True)
    return {
        "without_jitter": {"logp": float(factors.totals(layout.vector()).sum())},
        "with_jitter": [
            _start(factors, seed, factors.totals(layout.vector(jittered(seed)))) for seed in SEEDS
        ],
    }


def equal_terms(factors: Factors, *, seed: int = 0) -> list[dict[str, Any]]:
    """Pairs of factors that rise and fall together: a likelihood counted twice.

    ``equal``: over random points the difference of the two is constant, although each varies; ``max_spread`` is the
    range of the difference over the range of the first. ``contained``: the first is a summand of the second (or the two
    share one), because their gradients agree at every point by two variables or more, or by all that the first
    depends on; ``max_spread`` is the largest relative difference of those gradients, by the ``variables`` named. The
    gradients must change from point to point, so that a shared linear term is no finding. Terms that read different
    discrete variables are no pair: these stand still, and one of their values may well make two terms alike. Fewer than
    two points where everything is finite: nothing can be said, and nothing is found.
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
    return [row for row in found if len({reads[name] for name in row["names"]}) == 1]


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
    for i, j in itertools.combinations(range(len(names)), 2):
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
    """Pairs of rows whose largest gradient element is the same at the first point: the only ones worth comparing."""
    ordered = sorted(rows, key=lambda i: size[0, i])
    runs: list[list[int]] = []
    for i in ordered:
        if runs and size[0, i] - size[0, runs[-1][-1]] <= EQUAL_TERMS_SPREAD * size[0, i]:
            runs[-1].append(i)
        else:
            runs.append([i])
    return [(min(p), max(p)) for run in runs for p in itertools.combinations(run, 2)]
