"""Likelihoods written by hand for a function of the data in which parameters take part, without its Jacobian.

Of a power of the data, say, that is estimated with the rest (Box-Cox), a potential may be a density; of the data themselves it
is one only with the logarithm of the derivative beside it. Without that the power goes where the function is flattest, all
draws look well, and all answers are wrong.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from faultline.criteria.thresholds import INTEGRAL_CHANGES, WARPED_CHANGES
from faultline.engine.backend import PLAIN, compile_function
from faultline.engine.dominators import gates, summands
from faultline.engine.factors import Factors
from faultline.probes.likelihoods import data_of
from faultline.probes.normalization import integrated

POINTS = 12
"""Values of the parameters at which integrals are compared: drawn three times as wide as the posterior."""

REACH, GRID = 20.0, 2001
"""Half width of the integrals, in standard deviations of the function of the data, and their points."""


def warped(factors: Factors, draws: np.ndarray, seed: int = 0) -> list[dict[str, Any]]:
    """``[{name, function, variables, over_function, slope, together, width, uneven}]``: potentials that are no density of any of their arrays
    of data, and one of a function of each.

    Changes over parameters around `draws` (m, n): `over_function` of the logarithm of a datum's integral over the function,
    `slope` of the logarithm of its derivative by the datum, `together` of the sum of these over all data, which is what the likelihood of the
    data at hand lacks (none where the data are scaled by their geometric mean), `uneven` of the slope beyond what all data share, `width` of the
    logarithm of the spread of that density. Of several functions the most uneven.
    """
    rng = np.random.default_rng(seed)
    at = np.median(draws, axis=0) + 3 * draws.std(axis=0) * rng.normal(size=(POINTS, draws.shape[1]))
    rows = []
    for potential in factors.model.potentials:
        [graph] = factors.model.replace_rvs_by_values([potential])
        try:
            row = _row(factors, summands(graph), at)
        except Exception:  # a graph that insists on its data
            continue
        if row:
            rows.append({"name": potential.name, **row})
    return rows


def _row(factors: Factors, terms: Any, points: np.ndarray) -> dict[str, Any] | None:
    found = []
    for leaves, values in data_of(terms) if terms.ndim == 1 else ():
        if _only_helps(leaves, terms):
            continue
        # An array that may be the data, and of which the potential may be a density, ends the question.
        row = _function(factors, terms, leaves, values, points) if values.ndim == 1 else None
        if row is None or min(row["slope"], row["together"]) <= WARPED_CHANGES:
            return None
        found.append(row)
    # A slope that all data share may be that of a predictor; a function of the data has another for every one.
    return max(found, key=lambda row: row["uneven"], default=None)


def _only_helps(leaves: list[Any], terms: Any) -> bool:
    """Whether an array is but an index, or a table that coefficients are multiplied with."""
    from pytensor.graph.traversal import apply_ancestors
    from pytensor.tensor.math import Dot
    from pytensor.tensor.subtensor import AdvancedSubtensor

    def helps(node: Any, position: int) -> bool:
        table = isinstance(getattr(node.op, "core_op", node.op), Dot) and node.inputs[position].ndim == 2
        return table or (isinstance(node.op, AdvancedSubtensor) and position > 0)

    return all(
        helps(node, position)
        for node in apply_ancestors([terms])
        for position, read in enumerate(node.inputs)
        if read in leaves
    )


def _function(
    factors: Factors, terms: Any, leaves: list[Any], values: np.ndarray, points: np.ndarray
) -> dict[str, Any] | None:
    """The function nearest to the data, parameters taking part, over which the potential integrates to the same everywhere."""
    from pytensor import grad
    from pytensor.graph.replace import clone_replace, vectorize_graph
    from pytensor.graph.traversal import ancestors
    from pytensor.tensor.type import TensorType, matrix

    model = factors.model
    moved = TensorType("float64", shape=(values.size,))()  # of counts among the predictors, too
    over = clone_replace(terms, dict.fromkeys(leaves, moved), rebuild_strict=False)
    if not _by_datum(moved, over):
        return None
    free = set(model.value_vars)
    for gate in gates(moved, over)[1:-1]:
        variables = [model.values_to_rvs[v].name for v in ancestors([gate]) if v in free]
        if gate.ndim != 1 or not variables:
            continue
        z, table = gate.type(), matrix()
        at_table = vectorize_graph(clone_replace(over, {gate: z}, rebuild_strict=False), {z: table})
        outputs, vector = factors.layout.join(model, [at_table, gate, grad(gate.sum(), moved)])
        density = compile_function([vector, table], outputs[:1], backend=PLAIN, model=model)
        function = compile_function([vector, moved], outputs[1:], backend=PLAIN, model=model)
        found = [_measured(density, function, point, values) for point in points]
        logs, widths, slopes = (np.array(series) for series in zip(*found, strict=True))
        over_function = np.ptp(logs, axis=0)
        if np.isfinite(slopes).all() and (over_function < INTEGRAL_CHANGES).all():
            return {
                "function": type(gate.owner.op.scalar_op).__name__.lower(),
                "variables": variables,
                "over_function": float(over_function.max()),
                "slope": float(np.ptp(slopes, axis=0).max()),
                "together": float(np.ptp(slopes.sum(axis=1))),
                "width": float(np.ptp(widths, axis=0).min()),
                "uneven": float(np.ptp(slopes - slopes.mean(axis=1, keepdims=True), axis=0).max()),
            }
    return None


def _measured(
    density: Any, function: Any, point: np.ndarray, values: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Per datum, at one point of the parameters: the logarithms of the integral over the function, of the width of that
    density, and of the function's slope.
    """
    with np.errstate(all="ignore"):
        there, slope = function(point, values)
        steps = np.linspace(-REACH, REACH, GRID) * max(float(there.std()), 1e-12)
        [logs] = density(point, there + steps[:, None])
        integrals = integrated(logs, steps)
        return integrals, integrals - logs.max(axis=0), np.log(np.abs(slope))


def _by_datum(data: Any, terms: Any) -> bool:
    """Whether every term is made of its own datum."""
    from pytensor.graph.traversal import io_toposort
    from pytensor.raise_op import CheckAndRaise
    from pytensor.tensor.elemwise import DimShuffle, Elemwise
    from pytensor.tensor.shape import Shape, Shape_i

    touched = {data}
    for node in io_toposort([data], [terms]):
        if touched.isdisjoint(node.inputs) or isinstance(node.op, Shape | Shape_i):
            continue
        if not isinstance(node.op, Elemwise | CheckAndRaise) and not (
            isinstance(node.op, DimShuffle) and node.outputs[0].ndim == 1
        ):
            return False
        touched.update(node.outputs)
    return terms in touched
