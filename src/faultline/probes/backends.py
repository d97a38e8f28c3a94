"""The gradient of every factor from a second source: PyTensor's own against JAX's differentiation of the same value.

``where(x > 0, sqrt(x), 0)`` has a finite gradient in one and NaN in the other: a factor whose gradient depends on who
differentiates it is written so that it has none.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from faultline.probes.factors import Factors

POINTS = 5


def second_backend(factors: Factors, *, seed: int = 0) -> dict[str, Any]:
    """``{"factors": [{name, n_disagree, variable, index, first, second}], "points", "reason"}``.

    A row for each factor with a finite value and a gradient that is finite in one source only, or differs by more than
    rounding; ``reason`` says why JAX could not be asked, else None.
    """
    points = [factors.layout.vector(), *factors.points(POINTS - 1, seed=seed)]
    try:
        differentiate = _by_jax(factors)
        theirs = [np.asarray(differentiate(point)) for point in points]
    except Exception as error:  # an Op without a translation
        return {"factors": [], "points": 0, "reason": f"{type(error).__name__}: {str(error)[:200]}"}
    rows = []
    ours = [factors.jacobian(point) for point in points]
    values = [factors.totals(point) for point in points]
    for f, name in enumerate(factors.names):
        found = [
            (i, place)
            for i, (first, second) in enumerate(zip(ours, theirs, strict=True))
            if np.isfinite(values[i][f])
            for place in np.flatnonzero(_differ(first[f], second[f]))
        ]
        if found:
            i, place = found[0]
            variable, index = factors.layout.locate(int(place))
            first, second = float(ours[i][f, place]), float(theirs[i][f, place])
            disagree = len({i for i, _ in found})
            rows.append(
                {
                    "name": name,
                    "n_disagree": disagree,
                    "variable": variable,
                    "index": index,
                    "first": first,
                    "second": second,
                }
            )
    return {"factors": rows, "points": len(points), "reason": None}


def _differ(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Where one is finite and the other not, or both are and they differ beyond single precision."""
    finite = np.isfinite(first), np.isfinite(second)
    with np.errstate(all="ignore"):
        size = max(1.0, np.abs(first).max(initial=0.0, where=finite[0]))
        apart = np.abs(first - second) > 1e-4 * np.maximum(np.abs(first), 1e-4 * size)
    return (finite[0] != finite[1]) | (finite[0] & finite[1] & apart)


def _by_jax(factors: Factors) -> Any:
    """``vector -> (factors, n)``: JAX's reverse-mode derivative of each factor's total, none of them through another."""
    import jax

    from faultline import xla

    totals = [graph.sum().astype("float64") for graph in factors.graphs]
    outputs, vector = factors.layout.join(factors.model, totals)
    traced = xla.trace(factors.model, outputs, vector)

    def rows(at: Any) -> Any:
        # One by one: stacked, a NaN of one factor would reach the others as 0 times NaN.
        slopes = [jax.grad(lambda v, f=f: _single(traced, v)[f])(at) for f in range(len(totals))]
        return jax.numpy.stack(slopes)

    return xla.compiled(rows, factors.layout.vector())


def _single(traced: Any, vector: Any) -> Any:
    found = traced.function(vector, *traced.data)
    return found if isinstance(found, tuple | list) else (found,)
