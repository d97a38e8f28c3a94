"""Which free values anything but their own prior reads.

A value that only its prior reads is left to the prior: it costs the sampler a dimension and answers no question.
The test is by element. First the gradient of all other factors, at several random points: where it is exactly 0,
nothing was felt. But a saturated likelihood is flat too (every point of a mixture far out counts as an outlier, and
exp underflows), so the elements that felt nothing are tested again on a surrogate that cannot saturate: the same graph
with every one-argument function replaced by a sine. Products with zeros of the data stay zero, everything else
becomes generic. What is 0 in both is left to its prior; what is 0 in the first only is `flat` where it starts.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from faultline.engine.backend import PLAIN
from faultline.engine.factors import Factors
from faultline.engine.names import place

POINTS = 4
"""Random points at which a gradient must be exactly 0. One may sit on the flat side of a maximum; four do not."""


SHIFTS = (0.0, -10.0, -1.0, 1.0, 10.0)
"""By how much values move to see whether a comparison reads them, in the sampler's units."""


def prior_only(factors: Factors, *, seed: int = 0) -> dict[str, list[dict[str, Any]]]:
    """``{"prior_only": [{name, index, labels?, n, by, improper}], "flat": [{name, n, size}]}``.

    ``index`` is the leading index under which all `n` values qualify, null for the whole variable. ``by`` is
    ``graph`` where no other factor's graph contains the variable, else ``gradient``. A row of ``flat`` counts the
    `n` of a variable's `size` values that other factors (may) read, but whose gradient is exactly 0 at the start and at
    the random points. ``improper``: the prior's own gradient is 0 everywhere too, so that nothing holds the values at all.
    """
    layout = factors.layout
    start = layout.vector()
    points = [start, *factors.points(POINTS, seed=seed)]
    gradients = [factors.jacobian(point) for point in points]
    around = gradients
    if (
        len(points) <= POINTS
    ):  # another term is not finite anywhere: at the start alone, every prior may have its mode
        rng = np.random.default_rng(seed)
        moved = [start + rng.uniform(-1, 1, start.size) for _ in range(POINTS)]
        around = [*gradients, *map(factors.jacobian, moved)]
    unfelt = _unfelt(factors, gradients)
    unread = unfelt & _unread(factors, seed) if unfelt.any() else unfelt
    unread &= ~_switches(factors, unread)
    alone = _alone(factors)
    found: dict[str, list[dict[str, Any]]] = {"prior_only": [], "flat": []}
    for block in layout.blocks:
        own = [gradient[factors.names.index(block.name), block.slice] for gradient in around]
        free = (np.array(own) == 0).all(axis=0).reshape(block.shape)
        if block.name in alone:
            row = {"name": block.name, "index": None, "n": block.size, "by": "graph"}
            found["prior_only"].append(row | {"improper": bool(free.all())})
            continue
        for index, count in _leading(unread[block.slice].reshape(block.shape)):
            where = place(block.axes, index) if index else {"index": None}
            row = {"name": block.name, **where, "n": count, "by": "gradient"}
            found["prior_only"].append(row | {"improper": bool(free[index].all())})
        if flat := int((unfelt & ~unread)[block.slice].sum()):
            found["flat"].append({"name": block.name, "n": flat, "size": block.size})
    return found


def _unread(factors: Factors, seed: int) -> np.ndarray:
    """Elements by which every factor but the own prior has gradient 0 on the surrogate that cannot saturate."""
    surrogate = Factors(factors.model, backend=PLAIN, start=factors.start, rewrite=unsaturate)
    start, rng = factors.layout.vector(), np.random.default_rng(seed)
    try:
        points = [start + rng.uniform(-1, 1, start.size) for _ in range(POINTS)]
        return _unfelt(surrogate, [surrogate.jacobian(point) for point in points])
    except Exception:  # an Op that refuses what the sines feed it: nothing can be ruled out
        return np.zeros(start.size, dtype=bool)


def _switches(factors: Factors, unread: np.ndarray) -> np.ndarray:
    """Elements of variables that change another factor without any slope: a comparison reads them."""
    start, found = factors.layout.vector(), np.zeros_like(unread)
    for block in factors.layout.blocks:
        elements = unread & (np.arange(unread.size) >= block.start) & (np.arange(unread.size) < block.stop)
        if not elements.any():
            continue
        others = np.array([name != block.name for name in factors.names])
        values = [factors.totals(np.where(elements, start + shift, start))[others] for shift in SHIFTS]
        found[block.slice] = not all(np.array_equal(value, values[0], equal_nan=True) for value in values)
    return found


def _unfelt(factors: Factors, gradients: Sequence[np.ndarray]) -> np.ndarray:
    """Elements by which every factor but the own prior has gradient exactly 0 in all `gradients`, factors by values."""
    others = np.ones((len(factors.names), factors.layout.size), dtype=bool)
    for block in factors.layout.blocks:
        others[factors.names.index(block.name), block.slice] = False
    # A gradient that is NaN is felt: it differs from 0.
    return ~np.any([((gradient != 0) & others).any(axis=0) for gradient in gradients], axis=0)


def _alone(factors: Factors) -> set[str]:
    """Variables that stand in no factor's graph but their own."""
    from pytensor.graph.traversal import ancestors

    readers: dict[Any, set[str]] = {value: set() for value in factors.model.continuous_value_vars}
    for name, graph in zip(factors.names, factors.graphs, strict=True):
        for value in readers.keys() & set(ancestors([graph])):
            readers[value].add(name)
    names = {value: factors.model.values_to_rvs[value].name for value in readers}
    return {names[value] for value, by in readers.items() if by <= {names[value]}}


def _leading(mask: np.ndarray, prefix: tuple[int, ...] = ()) -> Iterator[tuple[tuple[int, ...], int]]:
    """The shortest leading indices under which all of `mask` is true, with the number of values under each."""
    if not mask.any():
        return
    if mask.all():
        yield prefix, mask.size
        return
    for i, below in enumerate(mask):
        yield from _leading(np.asarray(below), (*prefix, i))


def unsaturate(graphs: Sequence[Any]) -> list[Any]:
    """The same graphs with each one-argument scalar function (exp, log, sigmoid, ...) replaced by a shifted sine."""
    import pytensor.tensor as pt
    from pytensor import scalar as ps
    from pytensor.compile.builders import OpFromGraph
    from pytensor.graph import FunctionGraph, node_rewriter
    from pytensor.graph.rewriting.basic import in2out
    from pytensor.tensor.elemwise import Elemwise

    kept = (ps.Neg, ps.Identity, ps.Cast, ps.Sin)

    @node_rewriter([OpFromGraph])
    def inline(fgraph: Any, node: Any) -> list[Any]:
        return node.op.fgraph.bind(dict(zip(node.op.fgraph.inputs, node.inputs, strict=True)))

    @node_rewriter([Elemwise])
    def to_sine(fgraph: Any, node: Any) -> list[Any] | None:
        [output] = node.outputs if len(node.outputs) == 1 else [None]
        if output is None or len(node.inputs) != 1 or isinstance(node.op.scalar_op, kept):
            return None
        [value] = node.inputs
        if not all(str(v.type.dtype).startswith("float") for v in (value, output)):
            return None
        return [pt.sin(1.1 * value + 0.3).astype(output.type.dtype)]

    fgraph = FunctionGraph(outputs=list(graphs), clone=True, copy_inputs=False)
    in2out(inline).rewrite(fgraph)
    in2out(to_sine, ignore_newtrees=True).rewrite(fgraph)
    return fgraph.outputs
