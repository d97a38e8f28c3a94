"""Whether a potential that stands for a likelihood is a density of its data, whatever the posterior looks like.

Two ways of writing one wrong leave no trace in the draws but a wrong answer. A term that belongs to every datum stands
outside the sum, once for all of them: with it inside, the terms integrate to the same value at all parameters, and as
written they do not. And a potential that ties two observed variables (a copula) lacks its own normaliser: with their
densities it does not integrate over the two. Neither is a matter of taste, as a penalty is, so that both are told.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from faultline.backend import PLAIN, compile_function
from faultline.probes.factors import Factors
from faultline.probes.gates import summands
from faultline.probes.normalising import arrays, log_integrals

INTEGRALS, SUMS = 12, 120
"""Values of the parameters at which integrals, and sums over counts, are compared: drawn three times as wide as the
posterior. Sums need more, since they leave weights free.
"""

LARGEST, LARGEST_COUNT = 1000, 300
"""Data, and counts among them, beyond which nothing is measured."""

SUMMED = 20
"""Data of which counts are summed over."""

SIDE, STEPS = 9.0, 41
"""Half width of that plane in standard deviations of the data, and its points on a side: smooth densities need few."""

KNOWN = 1e-3
"""Relative difference to every second point, and share of the integral that may lie beyond, up to which it counts as known."""

SHIFTS = (1.0, 3.0)
"""Spreads by which a variable of a potential between two observed ones moves."""

FEW, DEGREE, EXACT = 5, 2, 1e-9
"""Of more data than these few a polynomial of this degree reproduces an array to this relative difference only if it was made
from them: standardised, squared.
"""


def outside(factors: Factors, draws: np.ndarray, seed: int = 0) -> list[dict[str, Any]]:
    """``[{name, as_written, inside}]``: potentials with a term outside the sum over their data.

    `as_written` is the change, over parameters around `draws` (m, n), of the logarithm of a datum's integral with the datum's
    share of that term; `inside` with the whole term in it. Counts are summed over with the weights that change it least, for a
    likelihood of counts may leave out what depends on them alone. Of several arrays of data the smallest changes.
    """
    rng = np.random.default_rng(seed)
    points = np.median(draws, axis=0) + 3 * draws.std(axis=0) * rng.normal(size=(SUMS, draws.shape[1]))
    found = []
    for potential in factors.model.potentials:
        [graph] = factors.model.replace_rvs_by_values([potential])
        changes = []
        for split in _splits(graph):
            try:
                changes.append(_changes(factors, *split, points))
            except Exception:  # a graph that insists on its data
                continue
        known = [change for change in changes if np.isfinite(change).all()]
        if known:
            as_written, inside = np.min(known, axis=0)
            found.append({"name": potential.name, "as_written": float(as_written), "inside": float(inside)})
    return found


def between(factors: Factors, draws: np.ndarray) -> list[dict[str, Any]]:
    """``[{name, change, variable, observed}]``: by how much the logarithm of the integral over two observed variables changes
    at least when one variable of the potential that ties them moves, and which changes it most.

    Only where these two are all the data that the potential reads, one real number each by row, without ties.
    """
    rows = []
    for potential in factors.model.potentials:
        try:
            found = _between(factors, potential, draws)
        except Exception:  # a graph that insists on its data
            continue
        rows += [{"name": potential.name, **found}] if found else []
    return rows


# --- A term outside the sum ---------------------------------------------------------------------------------------


def _splits(graph: Any) -> Iterator[tuple[Any, Any, list[Any], np.ndarray]]:
    """(terms by datum, what stands outside their sum, the data's nodes, the data), per array of data."""
    from pytensor.graph.traversal import ancestors

    sums, scalars = _parts(graph)
    if not (sums and scalars):
        return
    terms, rest = sum(sums[1:], sums[0]), sum(scalars[1:], scalars[0])
    if terms.ndim != 1:
        return
    known = set(ancestors([rest]))
    for leaves, values in _data(terms):
        if values.ndim == 1 and not known.intersection(leaves):
            yield terms, rest, leaves, values


def _parts(graph: Any, sign: float = 1.0) -> tuple[list[Any], list[Any]]:
    """What is summed over, and the scalars beside it."""
    from pytensor.graph.basic import Constant
    from pytensor.scalar import Add, Mul, Neg, Sub
    from pytensor.tensor.elemwise import Elemwise

    inner = summands(graph)
    if inner is not graph:
        return [sign * inner], []
    node = graph.owner
    scalar = node.op.scalar_op if node and isinstance(node.op, Elemwise) and graph.ndim == 0 else None
    if isinstance(scalar, Add | Sub | Neg):
        signs = [sign] * len(node.inputs)
        signs[-1] *= 1.0 if isinstance(scalar, Add) else -1.0
        both = [_parts(i, s) for i, s in zip(node.inputs, signs, strict=True)]
        return [s for sums, _ in both for s in sums], [s for _, scalars in both for s in scalars]
    if isinstance(scalar, Mul):
        numbers = [i for i in node.inputs if isinstance(i, Constant)]
        others = [i for i in node.inputs if i not in numbers]
        if len(others) == 1:
            return _parts(others[0], sign * float(np.prod([n.data for n in numbers])))
    return [], [sign * graph]


def _changes(
    factors: Factors, terms: Any, rest: Any, leaves: list[Any], values: np.ndarray, points: np.ndarray
) -> tuple[float, float]:
    """Change of the logarithm of a datum's integral with its share of `rest`, and with all of it."""
    from pytensor.graph.replace import clone_replace

    moved = leaves[0].type.clone(shape=(None,))()
    over = clone_replace(terms, dict.fromkeys(leaves, moved), rebuild_strict=False)
    outputs, vector = factors.layout.join(factors.model, [over, rest])
    function = compile_function([vector, moved], outputs, backend=PLAIN, model=factors.model)
    if np.shape(function(points[0], values)[0]) != values.shape:
        return np.nan, np.nan
    shares = (1 / values.size, 1.0)
    if values.dtype.kind == "f":
        points = points[:INTEGRALS]
        logs = np.array([log_integrals(function, at, values) for at in points])
        beside = np.array([function(at, values)[1] for at in points])[:, None]
        used, by_whole = (float(np.ptp(logs + share * beside, axis=0).max()) for share in shares)
    else:
        tables = _tables(function, points, values)
        beside = np.array([function(at, values)[1] for at in points])[:, None]
        used, by_whole = (max(_misfit(table + share * beside) for table in tables) for share in shares)
    return used, by_whole


def _tables(function: Any, points: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Terms (data, points, counts) of some data, each at every count."""
    counts = np.arange(2 * int(values.max()) + 2)
    if values.min() < 0 or counts.size > LARGEST_COUNT:
        raise ValueError("no counts")
    chosen = np.unique(np.linspace(0, values.size - 1, SUMMED).astype(int))
    with np.errstate(all="ignore"):
        rows = [[function(at, np.full_like(values, c))[0][chosen] for c in counts] for at in points]
    return np.moveaxis(np.array(rows), 2, 0)


def _misfit(table: np.ndarray) -> float:
    """Change of the logarithm of the sum over counts of a table (points, counts), with the weights that make it smallest."""
    from scipy.optimize import nnls

    usable = table[:, np.isfinite(table).all(axis=0)]
    scaled = np.exp(usable - usable.max(axis=0))
    weights, _ = nnls(scaled, np.ones(len(scaled)), maxiter=100 * scaled.shape[1])
    return float(np.ptp(np.log(np.maximum(scaled @ weights, 1e-300))))


# --- A potential between two observed variables -------------------------------------------------------------------


@dataclass(frozen=True)
class _Tied:
    """An observed variable that a potential reads: each of its `leaves` a polynomial in z, the data or their logarithm."""

    rv: Any
    in_logs: bool
    z: np.ndarray
    leaves: dict[Any, np.ndarray]

    def follows(self, leaves: list[Any], values: np.ndarray) -> bool:
        """Whether `values` are a polynomial in z; if so, their nodes are kept."""
        if values.shape != self.z.shape:
            return False
        coefficients = np.polyfit(self.z, values, DEGREE)
        if np.abs(values - np.polyval(coefficients, self.z)).max() > EXACT * np.abs(values).max():
            return False
        self.leaves.update(dict.fromkeys(leaves, coefficients))
        return True

    def graph(self, model: Any, z: Any) -> Any:
        """Log-density over z."""
        value = model.rvs_to_values[self.rv]
        model.rvs_to_values[self.rv] = z.exp() if self.in_logs else z
        try:
            [terms] = model.logp(vars=[self.rv], sum=False)
        finally:
            model.rvs_to_values[self.rv] = value
        return terms + z if self.in_logs else terms


def _tied(factors: Factors, terms: Any) -> list[_Tied]:
    """The observed variables whose data are all that `terms` reads; none where it reads other data too."""
    model = factors.model
    rvs = [
        rv for rv in model.observed_RVs if rv.owner.op.ndim_supp == 0 and str(rv.dtype).startswith("float")
    ]
    data = compile_function([], [model.rvs_to_values[rv] for rv in rvs], backend=PLAIN)()
    forms = [
        _Tied(rv, in_logs, np.log(y) if in_logs else y, {})
        for rv, y in zip(rvs, data, strict=True)
        if np.unique(y).size == y.size > FEW
        for in_logs in ((False, True) if y.min() > 0 else (False,))
    ]
    for leaves, values in _data(terms):
        used = next((tied for tied in forms if tied.follows(leaves, values)), None)
        if used is None:
            return []
    return [tied for tied in forms if tied.leaves]


def _between(factors: Factors, potential: Any, draws: np.ndarray) -> dict[str, Any] | None:
    import pytensor.tensor as pt
    from pytensor.graph.replace import clone_replace, vectorize_graph
    from pytensor.graph.traversal import ancestors

    model = factors.model
    [graph] = model.replace_rvs_by_values([potential])
    terms = summands(graph)
    both = _tied(factors, terms) if terms.ndim == 1 else []
    if len(both) != 2:
        return None
    nodes = [pt.vector() for _ in both]
    leaves = {
        leaf: sum(c * z**power for power, c in enumerate(polynomial[::-1]))
        for tied, z in zip(both, nodes, strict=True)
        for leaf, polynomial in tied.leaves.items()
    }
    total = clone_replace(terms, leaves, rebuild_strict=False)
    total = total + sum(tied.graph(model, z) for tied, z in zip(both, nodes, strict=True))
    outputs, vector = factors.layout.join(model, [total])
    batches = [pt.matrix() for _ in both]
    outputs = vectorize_graph(outputs, dict(zip(nodes, batches, strict=True)))
    function = compile_function([vector, *batches], outputs, backend=PLAIN, model=model)
    side = np.linspace(-SIDE, SIDE, STEPS)
    steps = [g.reshape(-1, 1) for g in np.meshgrid(side, side, indexing="ij")]
    plane = [
        tied.z.mean() + tied.z.std() * s + np.zeros(tied.z.size) for tied, s in zip(both, steps, strict=True)
    ]

    read = set(ancestors([graph]))
    at, spread = np.median(draws, axis=0), draws.std(axis=0)
    first, changes = _log_volume(function, at, plane), {}
    if not np.isfinite(first).any():
        return None
    for block in factors.layout.blocks:
        if model.rvs_to_values[model[block.name]] not in read:
            continue
        for shift in (sign * size for size in SHIFTS for sign in (1, -1)):
            other = at.copy()
            other[block.slice] += shift * spread[block.slice]
            change = np.abs(_log_volume(function, other, plane) - first)
            if np.isfinite(change).any():
                changes[block.name] = max(float(np.nanmin(change)), changes.get(block.name, 0.0))
    if not changes:
        return None
    variable = max(changes, key=lambda name: changes[name])
    return {"change": changes[variable], "variable": variable, "observed": [tied.rv.name for tied in both]}


def _log_volume(function: Any, at: np.ndarray, plane: list[np.ndarray]) -> np.ndarray:
    """Logarithm of the integral of each row's density over the plane of its two data, up to a constant."""
    with np.errstate(all="ignore"):
        [logs] = function(at, *plane)
        top = logs.max(axis=0)
        mass = np.exp(logs - top).reshape(STEPS, STEPS, -1)
        fine, coarse = mass.sum(axis=(0, 1)), 4 * mass[::2, ::2].sum(axis=(0, 1))
        edges = sum(side.sum(axis=0) for side in (mass[0], mass[-1], mass[:, 0], mass[:, -1]))
        known = (np.abs(coarse - fine) < KNOWN * fine) & (STEPS * edges < KNOWN * fine)
        return np.where(known, top + np.log(fine), np.nan)


def _data(terms: Any) -> Iterator[tuple[list[Any], np.ndarray]]:
    """The graph's arrays of data, nodes with equal values together: what was written twice is one array."""
    found: list[tuple[list[Any], np.ndarray]] = []
    for leaf, values in arrays(terms):
        if values.size > LARGEST:
            continue
        same = next((leaves for leaves, other in found if np.array_equal(values, other)), None)
        if same is None:
            found.append(([leaf], values))
        else:
            same.append(leaf)
    yield from found
