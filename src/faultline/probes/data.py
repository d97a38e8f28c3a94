"""The data as the model holds them: what is missing, infinite, tied, wrapped around or outside the
support.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from faultline.engine.backend import PLAIN, compile_function
from faultline.engine.factors import Factors
from faultline.engine.names import Axes, axes, place
from faultline.probes.missing_codes import coded_data, coded_predictors
from faultline.targets.observed_data import coerced, masked

if TYPE_CHECKING:
    import pymc as pm

SPREADS = (1.0, 1.0, 3.0, 3.0, 10.0, 10.0, 30.0)
"""Half widths of the uniform moves from the start at which a datum must be impossible."""

KNOWN = 3
"""Points with a log-probability that is no NaN, for an impossible datum to be one."""

SHOWN = 5
"""Elements listed by index."""

SMALL = {"int8", "int16", "int32", "uint8", "uint16", "uint32"}


def data_scan(model: pm.Model, factors: Factors, seed: int = 0) -> dict[str, list[dict[str, Any]]]:
    """``{"arrays", "imputed", "coerced", "overflow", "support", "constant", "coded", "coded_predictors", "scaled"}``, each a list of rows.

    ``arrays``: observed arrays and the data and constant arrays of several elements that feed a factor.
    ``min``, ``max``, ``n_distinct`` and ``largest_share`` (of one repeated value) are those of the finite
    elements, null without any. ``imputed``: variables that PyMC made for values missing in observed arrays, ``masked``
    where the model's author gave a masked array.
    ``coerced``: observed integers that were given as something else.
    ``overflow``: integer arithmetic on data whose result differs from that in int64. ``support``: elements of
    observed arrays whose log-probability is -inf at the start and at random points near and far.
    ``constant``: continuous observed arrays of several equal values. ``coded``, ``coded_predictors``: arrays in which one
    repeated value stands far from all others. ``scaled``: observed variables of which every datum counts ``times``.
    """
    observed = _observed(model)
    return {
        "arrays": [_array(*row) for row in _arrays(factors, observed)],
        "imputed": _imputed(model, factors),
        "coerced": coerced(model),
        "overflow": _overflow(model, factors),
        "support": _support(factors, observed, seed),
        "constant": [
            {"name": rv.name, "n": int(observed[rv.name].size), "value": float(observed[rv.name].flat[0])}
            for rv in model.observed_RVs
            if str(rv.dtype).startswith("float") and _same(observed.get(rv.name))
        ],
        "coded": coded_data(model, observed),
        "coded_predictors": coded_predictors(
            model, ((_called(leaf, names), names, data) for leaf, names, data in _given(factors))
        ),
        "scaled": _scaled(model, observed),
    }


def _observed(model: pm.Model) -> dict[str, np.ndarray]:
    """Observed values by variable, evaluated where they are made from data."""
    from pytensor.graph.traversal import explicit_graph_inputs

    graphs = {rv.name: model.rvs_to_values[rv] for rv in model.observed_RVs}
    closed = {name: graph for name, graph in graphs.items() if not list(explicit_graph_inputs([graph]))}
    compiled = compile_function([], list(closed.values()), backend=PLAIN)
    return dict(zip(closed, compiled(), strict=True))


def _same(data: np.ndarray | None) -> bool:
    return data is not None and data.size > 1 and bool((data == data.flat[0]).all())


def _arrays(
    factors: Factors, observed: dict[str, np.ndarray]
) -> Iterator[tuple[str, str, list[str], np.ndarray]]:
    """Name, kind, factors that read it, and data; each array once."""
    for name, data in observed.items():
        yield name, "observed", [name], data
    for leaf, names, data in _given(factors):
        yield _called(leaf, names), "constant" if hasattr(leaf, "data") else "data", names, data


def _given(factors: Factors) -> Iterator[tuple[Any, list[str], np.ndarray]]:
    """Node, factors that read it, and data of the arrays that are not observed."""
    own = set(factors.model.rvs_to_values.values())
    readers: dict[Any, list[str]] = {}
    for name, graph in zip(factors.names, factors.graphs, strict=True):
        for leaf in _leaves(graph):
            readers.setdefault(leaf, []).append(name)
    for leaf, names in readers.items():
        data = _data(leaf)
        if leaf not in own and (leaf.name or data.size > 1):
            yield leaf, names, data


def _called(leaf: Any, factors: list[str]) -> str:
    return leaf.name or f"constant in {factors[0]}"


def _leaves(graph: Any) -> list[Any]:
    """Constants and shared variables that hold numbers."""
    from pytensor.compile.sharedvalue import SharedVariable
    from pytensor.graph.basic import Constant
    from pytensor.graph.traversal import graph_inputs
    from pytensor.tensor.type import TensorType

    leaves = dict.fromkeys(v for v in graph_inputs([graph]) if isinstance(v, Constant | SharedVariable))
    return [v for v in leaves if isinstance(v.type, TensorType)]


def _data(leaf: Any) -> np.ndarray:
    return np.asarray(leaf.data if hasattr(leaf, "data") else leaf.get_value())


def _array(name: str, kind: str, readers: list[str], data: np.ndarray) -> dict[str, Any]:
    finite = data[np.isfinite(data)]
    _, counts = np.unique(finite, return_counts=True)
    return {
        "name": name,
        "kind": kind,
        "factors": readers,
        "shape": list(data.shape),
        "n": int(data.size),
        "n_nan": int(np.isnan(data).sum()),
        "n_inf": int(np.isinf(data).sum()),
        "dtype": str(data.dtype),
        "min": float(finite.min()) if finite.size else None,
        "max": float(finite.max()) if finite.size else None,
        "n_distinct": int(counts.size),
        "largest_share": float(counts.max() / finite.size) if finite.size else None,
    }


def _scaled(model: pm.Model, observed: dict[str, np.ndarray]) -> list[dict[str, Any]]:
    """Observed variables with a ``total_size`` that is not the size of their data; a minibatch is found before."""
    from pymc.variational.minibatch_rv import MinibatchRandomVariable, get_scaling

    rows = []
    for rv in model.observed_RVs:
        if rv.name in observed and isinstance(rv.owner.op, MinibatchRandomVariable):
            shape = np.asarray(observed[rv.name].shape)
            [times] = compile_function([], [get_scaling(rv.owner.inputs[1:], shape)], backend=PLAIN)()
            if times != 1:
                rows.append({"name": rv.name, "n": int(observed[rv.name].size), "times": float(times)})
    return rows


def _imputed(model: pm.Model, factors: Factors) -> list[dict[str, Any]]:
    observed = {rv.name for rv in model.observed_RVs}
    rows = []
    for rv in model.free_RVs:
        name = rv.name.removesuffix("_unobserved")
        if name != rv.name and (
            f"{name}_observed" in observed or name in {d.name for d in model.deterministics}
        ):
            n = int(np.size(factors.layout.start[model.rvs_to_values[rv].name]))
            rows.append({"name": rv.name, "observed": name, "n": n, "masked": masked(model, name)})
    return rows


def _overflow(model: pm.Model, factors: Factors) -> list[dict[str, Any]]:
    """Per factor the first arithmetic that wraps around, in the model as written: its log-probability has constants folded."""
    tried = {
        (variable.name, node): pair
        for variable in factors.variables
        for node in _integer_arithmetic(variable, [rv for rv in model.basic_RVs if rv is not variable])
        if (pair := _narrow_and_wide(node))
    }
    values = compile_function([], [graph for pair in tried.values() for graph in pair], backend=PLAIN)()
    found: dict[str, dict[str, Any]] = {}
    for (name, node), narrow, wide in zip(tried, values[::2], values[1::2], strict=True):
        if wrong := int((narrow != wide).sum()):
            row = {
                "factor": name,
                "op": type(getattr(node.op, "scalar_op", node.op)).__name__,
                "dtype": str(narrow.dtype),
                "n": wrong,
                "size": int(narrow.size),
                "arrays": [leaf.name for leaf in _leaves(node.outputs[0]) if leaf.name],
            }
            found[name] = row  # the walk goes from the end to the data
    return list(found.values())


def _narrow_and_wide(node: Any) -> tuple[Any, Any] | None:
    """The node's result as it is, and with its data cast to int64; None where an Op insists on the smaller
    type.
    """
    from pytensor.graph.replace import clone_replace

    [output] = node.outputs
    casts = {leaf: leaf.astype("int64") for leaf in _leaves(output) if leaf.type.dtype in SMALL}
    try:
        return output, clone_replace(output, casts, rebuild_strict=False)
    except TypeError:
        return None


def _integer_arithmetic(graph: Any, others: list[Any]) -> list[Any]:
    """Elementwise and reducing nodes on small integers, made of data alone, in `graph` and not in those of the `others`."""
    from pytensor.graph.traversal import apply_ancestors, explicit_graph_inputs
    from pytensor.scalar import Cast, Identity
    from pytensor.tensor.elemwise import CAReduce, Elemwise

    def counts(node: Any) -> bool:
        return (
            isinstance(node.op, Elemwise | CAReduce)
            and not isinstance(getattr(node.op, "scalar_op", None), Cast | Identity)
            and all(v.type.dtype in SMALL for v in node.outputs)
            and all(str(v.type.dtype).startswith(("int", "uint")) for v in node.inputs)
            and not list(explicit_graph_inputs(node.outputs))
        )

    return [node for node in apply_ancestors([graph], blockers=others) if counts(node)]


def _support(factors: Factors, observed: dict[str, np.ndarray], seed: int) -> list[dict[str, Any]]:
    start, rng = factors.layout.vector(), np.random.default_rng(seed)
    start = np.where(np.isfinite(start), start, 0.0)  # a start out of bounds makes every datum impossible
    points = [start, *(start + rng.uniform(-spread, spread, start.size) for spread in SPREADS)]
    kept = {name: factors.names.index(name) for name in observed}
    if not kept:
        return []
    with np.errstate(all="ignore"):
        values = [factors.elements(point) for point in points]
    rows = []
    for name, f in kept.items():
        series = np.stack([value[f] for value in values])
        known = ~np.isnan(series)
        never = (np.isneginf(series) | ~known).all(axis=0) & (known.sum(axis=0) >= KNOWN)
        if never.any():
            elements = _elements(never, observed[name], axes(factors.model, name, never.shape))
            rows.append({"name": name, "n": int(never.sum()), "elements": elements})
    return rows


def _elements(mask: np.ndarray, data: np.ndarray, dims: Axes) -> list[dict[str, Any]]:
    found = []
    for index in itertools.islice(zip(*np.nonzero(mask), strict=True), SHOWN) if mask.ndim else [()]:
        row = place(dims, index)
        # Of a multivariate variable an element is a vector of data.
        if data.shape == mask.shape:
            row["datum"] = float(data[index])
        found.append(row)
    return found
