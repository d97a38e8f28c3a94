"""Values and gradients of the factors from two independent sources: PyTensor's differentiation, and JAX's.

The second differentiates the value's graph, translated to JAX, in reverse. A branch that is not taken, as in
``where(x > 0, sqrt(x), 0)``, may be finite in one and NaN in the other. JAX evaluates some functions in
single precision.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

import numpy as np

from faultline.engine.factors import Factors

SPREADS = (0.0, 1e-6, 0.3, 1.0, 1.0, 3.0, 3.0)
"""Half widths of the uniform moves from the start, one point each. The start itself may lie on a kink (a Laplace prior at its mean),
where each of the two takes another of the slopes there are: finite ones are compared beside it only."""


def second_backend(factors: Factors, seed: int = 0, drawn: Sequence[np.ndarray] = ()) -> dict[str, Any]:
    """``{"factors": [...], "reason": None, "seconds": compile time}``; ``factors`` is empty where JAX cannot,
    for `reason`. ``drawn``: draws, as unconstrained vectors (n,), that are points as well.

    Per factor: ``points`` at which the value is finite in both, the others are left out; differences relative
    to the largest element of the two (of a gradient: over all variables), or to 1 where that is more, over
    the elements that are finite in both, null without any; how many gradient elements are not finite in the
    first (PyTensor) and in the second (JAX); ``variable`` and ``index`` of the gradient element that is not
    finite in one alone, else of the largest difference; ``n_value_disagree``: points at which the value is
    finite in one alone; ``n_nonfinite_parameters``: elements of JAX's gradient of the parameters of one of PyMC's own
    distributions that are not finite, null for a log-density of the user's own. Where it is 0, what is not finite in
    the second alone comes from PyMC's formula.
    """
    if not factors.layout.size:
        return {"factors": [], "reason": "no continuous variable", "seconds": None}
    started = time.perf_counter()
    try:
        second = _reverse(factors, factors.graphs)
    except Exception as error:  # JAX does not know an Op, or a shape depends on a value
        line = next(iter(str(error).strip().splitlines()), "")
        return {"factors": [], "reason": f"{type(error).__name__}: {line[:300]}", "seconds": None}
    seconds = time.perf_counter() - started
    start, rng = factors.layout.vector(), np.random.default_rng(seed)
    points = [*(start + rng.uniform(-spread, spread, start.size) for spread in SPREADS), *drawn]
    with np.errstate(all="ignore"):
        first = [(factors.totals(point), factors.jacobian(point)) for point in points]
        other = [tuple(np.asarray(part) for part in second(point)) for point in points]
        rows = [
            _compare(
                factors,
                f,
                *(np.stack([at[part][f] for at in side]) for side in (first, other) for part in (0, 1)),
            )
            for f in range(len(factors.names))
        ]
    for row in rows:
        row["n_nonfinite_parameters"] = None
        if row["n_nonfinite_second"] > row["n_nonfinite_first"]:
            row["n_nonfinite_parameters"] = _parameters_not_finite(factors, row["name"], points)
    return {"factors": rows, "reason": None, "seconds": seconds}


def _parameters_not_finite(factors: Factors, name: str, points: list[np.ndarray]) -> int | None:
    """Elements that are not finite of JAX's gradient of what the user gave a distribution of PyMC's for its parameters."""
    import pytensor.tensor as pt

    model = factors.model
    parameters = _parameters(model[name], model) if name in {rv.name for rv in model.basic_RVs} else None
    if not parameters:
        return None
    total = pt.add(*[pt.as_tensor(p).sum().astype("float64") for p in parameters], 0.0)
    gradient = _reverse(factors, model.replace_rvs_by_values([total]))
    return int(sum((~np.isfinite(np.asarray(gradient(point)[1]))).sum() for point in points))


def _parameters(rv: Any, model: Any) -> list[Any] | None:
    """What a distribution of PyMC's is given, also to those it is made of; None of a user's own log-density."""
    from pymc.distributions.custom import CustomDistRV, CustomSymbolicDistRV
    from pymc.distributions.distribution import SymbolicRandomVariable
    from pytensor.tensor.random.op import RandomVariable

    if isinstance(rv.owner.op, CustomDistRV | CustomSymbolicDistRV):
        return None
    found: list[Any] = []
    for given in rv.owner.inputs:
        op = given.owner.op if getattr(given, "owner", None) else None
        if isinstance(op, RandomVariable | SymbolicRandomVariable) and given not in model.basic_RVs:
            inner = _parameters(given, model)
            if inner is None:
                return None
            found += inner
        elif str(getattr(given.type, "dtype", "")).startswith("float"):
            found.append(given)
    return found


def _reverse(factors: Factors, graphs: list[Any]) -> Any:
    """``vector -> totals (F,), gradients (F, values)`` of F graphs, compiled by XLA."""
    import jax
    import pytensor.tensor as pt

    from faultline.engine.xla import compiled, rewrite, translate

    totals = [pt.as_tensor(graph.sum()).astype("float64") for graph in graphs]
    outputs, vector = factors.layout.join(factors.model, totals)
    # One function per factor: a common one would multiply the others' infinite slopes by 0.
    parts = [translate(part) for part in rewrite(factors.model, outputs, vector).by_output()]

    def both(at: Any) -> tuple[Any, Any]:
        pairs = [jax.value_and_grad(lambda q, p=p: p.function(q, *p.data)[0])(at) for p in parts]
        return jax.numpy.stack([value for value, _ in pairs]), jax.numpy.stack([row for _, row in pairs])

    # XLA's fusion makes NaN of some finite gradients (of a long chain of logsumexp): that would be no finding on the model.
    return compiled(both, factors.layout.vector(), literally=True)


def _compare(
    factors: Factors,
    f: int,
    value: np.ndarray,
    gradient: np.ndarray,
    value2: np.ndarray,
    gradient2: np.ndarray,
) -> dict[str, Any]:
    """Values (points,) and gradients (points, values) of one factor from both."""
    good = np.isfinite(value) & np.isfinite(value2)
    at_start = np.isin(np.flatnonzero(good), np.flatnonzero(np.array(SPREADS) == 0))[:, None]
    disagree = int((np.isfinite(value) ^ np.isfinite(value2)).sum())
    value, value2, gradient, gradient2 = value[good], value2[good], gradient[good], gradient2[good]
    finite, finite2 = np.isfinite(gradient), np.isfinite(gradient2)
    apart = np.abs(value - value2) / np.maximum(1.0, np.maximum(np.abs(value), np.abs(value2)))
    size = np.where(finite & finite2, np.maximum(np.abs(gradient), np.abs(gradient2)), 0.0)
    scale = np.maximum(1.0, size.max(axis=1, initial=0.0))[:, None]
    slopes = np.where(
        finite & finite2, np.abs(gradient - gradient2) / scale, np.where(finite ^ finite2, np.inf, -1.0)
    )
    slopes[at_start & np.isfinite(slopes)] = -1.0
    known = slopes[np.isfinite(slopes) & (slopes >= 0)]
    worst = int(np.argmax(slopes)) % slopes.shape[1] if slopes.size and slopes.max() > 0 else None
    block = None if worst is None else factors.layout.block(worst)
    return {
        "name": factors.names[f],
        "points": int(good.sum()),
        "n_value_disagree": disagree,
        "max_relative_difference_value": float(apart.max()) if apart.size else None,
        "max_relative_difference_gradient": float(known.max()) if known.size else None,
        "n_nonfinite_first": int((~finite).sum()),
        "n_nonfinite_second": int((~finite2).sum()),
        "variable": block and block.name,
        **(block.place(worst) if block else {"index": None}),
    }
