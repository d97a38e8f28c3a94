"""Whether a likelihood written as a potential integrates, over its data, to the same value whatever the parameters.

Each array of data in the potential is taken in turn for what is observed: every term is integrated over its datum. Of a
density the integral is the same at all parameters; where no array has such an integral, something that depends on the
parameters was left out.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from faultline.backend import PLAIN, compile_function
from faultline.probes.factors import Factors
from faultline.probes.gates import summands

REACH, GRID = 40.0, 4001
"""Half width of the integral, in standard deviations of the data, and its points."""


def change_of_integral(factors: Factors, name: str, at: np.ndarray, other: np.ndarray) -> float | None:
    """Smallest change, over arrays of data, of the logarithm of the terms' integrals between two points (n,).

    None where the potential has no terms by datum, or an integral does not exist.
    """
    from pytensor.graph.replace import clone_replace

    potential = next(p for p in factors.model.potentials if p.name == name)
    [graph] = factors.model.replace_rvs_by_values([potential])
    terms = summands(graph)
    changes = []
    for leaf, values in _arrays(terms):
        if values.shape != tuple(terms.type.shape) and values.size != _size(factors, terms, at):
            continue
        moved = leaf.type.clone(shape=(None,) * leaf.type.ndim)()
        try:
            outputs, vector = factors.layout.join(
                factors.model, [clone_replace(terms, {leaf: moved}, rebuild_strict=False)]
            )
            function = compile_function([vector, moved], outputs, backend=PLAIN, model=factors.model)
            first, second = (_log_integrals(function, point, values) for point in (at, other))
        except Exception:  # a graph that insists on its data
            continue
        if np.isfinite([first, second]).all():
            changes.append(float(np.abs(second - first).max()))
    return min(changes, default=None)


def _arrays(terms: Any) -> list[tuple[Any, np.ndarray]]:
    from pytensor.compile.sharedvalue import SharedVariable
    from pytensor.graph.basic import Constant
    from pytensor.graph.traversal import ancestors

    found = []
    for leaf in ancestors([terms]):
        if isinstance(leaf, Constant | SharedVariable) and getattr(leaf.type, "ndim", 0):
            values = np.asarray(leaf.data if isinstance(leaf, Constant) else leaf.get_value())
            if values.size > 1 and values.dtype.kind == "f":
                found.append((leaf, values))
    return found


def _size(factors: Factors, terms: Any, at: np.ndarray) -> int:
    outputs, vector = factors.layout.join(factors.model, [terms])
    return int(np.size(compile_function([vector], outputs, backend=PLAIN, model=factors.model)(at)[0]))


def _log_integrals(function: Any, at: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Logarithm of the integral of each term over its own datum."""
    steps = np.linspace(-REACH, REACH, GRID) * max(float(values.std()), 1e-12)
    with np.errstate(all="ignore"):
        logs = np.array([np.ravel(function(at, values + step)[0]) for step in steps])
        top = logs.max(axis=0)
        return top + np.log(np.trapezoid(np.exp(logs - top), steps, axis=0))
