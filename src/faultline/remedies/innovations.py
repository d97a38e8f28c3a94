"""An autoregression as its innovations: the solution of its recursion for independent shocks.

Where the data say little about each value, the scale of the shocks and the values form a funnel; the shocks, divided by it, have none. The recursion
is a triangular system of equations, so that no loop is needed whatever the order.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from faultline.engine.factors import drawn_by
from faultline.remedies.rewrite import (
    NotApplicable,
    Rewrite,
    Step,
    copied,
    exchanged,
    fresh_name,
    is_plain,
    reaches,
    size_of,
    started,
)

if TYPE_CHECKING:
    import pymc as pm

KIND = "innovations"
LONGEST = 1000
"""Values of a series: the system has as many rows and columns, and each evaluation solves it anew."""


def candidates(model: pm.Model) -> list[Step]:
    """The autoregressions whose coefficients, shocks or start depend on other free variables."""
    return [
        {"kind": KIND, "names": [rv.name]}
        for rv in model.free_RVs
        if _is_autoregression(rv)
        and any(reaches(model, each) for each in rv.owner.inputs[:3])
        and model.rvs_to_transforms.get(rv) is None
        and _length(model, rv) <= LONGEST
    ]


def rewrite(model: pm.Model, step: Step) -> Rewrite:
    """The model with the named autoregressions computed from standard normal variables.

    Raises
    ------
    NotApplicable
        One of them is none, or starts otherwise than from a normal distribution.
    """
    import pymc as pm
    import pytensor.tensor as pt

    after = copied(model)
    values, added = {}, {}
    for name in step["names"]:
        if name not in model.named_vars or not _is_autoregression(model[name]):
            raise NotApplicable(f"{name} is no autoregression that starts from a normal distribution")
        rv, old = after[name], model[name]
        raw_name = fresh_name(after, f"{name}_raw")
        with after:
            raw = pm.Normal(raw_name, 0.0, 1.0, **size_of(model, old, after.named_vars_to_dims.get(name)))
        order = rv.owner.op.ar_order
        (location, scale), constant, rhos, sigma = _parts(rv)
        pushes = pt.concatenate(
            [location + scale * raw[..., :order], constant + sigma * raw[..., order:]], axis=-1
        )
        values[name] = pt.linalg.solve_triangular(
            _recursion(rhos, order, _length(model, old)), pushes, lower=True, unit_diagonal=True, b_ndim=1
        )
        (location, scale), constant, rhos, sigma = _parts(old)
        expected = sum(rhos[..., i, None] * old[..., order - i - 1 : -i - 1] for i in range(order))
        added[raw_name] = pt.concatenate(
            [(old[..., :order] - location) / scale, (old[..., order:] - constant - expected) / sigma], axis=-1
        )
    return Rewrite(model, started(model, exchanged(after, values)), added)


def _is_autoregression(rv: Any) -> bool:
    if not is_plain(rv) or type(drawn_by(rv)).__name__ != "AutoRegressiveRV":
        return False
    init = rv.owner.inputs[2]
    return init.owner is not None and type(init.owner.op).__name__ == "NormalRV"


def _parts(rv: Any) -> tuple[tuple[Any, Any], Any, Any, Any]:
    """Location and scale of the start, the constant, the coefficients by lag, and the scale of the shocks."""
    rhos, sigma, init = rv.owner.inputs[:3]
    constant = rhos[..., 0, None] if rv.owner.op.constant_term else 0.0
    return (
        tuple(init.owner.op.dist_params(init.owner)),
        constant,
        rhos[..., 1:] if rv.owner.op.constant_term else rhos,
        sigma[..., None],
    )


def _recursion(rhos: Any, order: int, length: int) -> Any:
    """The matrix (..., length, length) that takes the values to the shocks; the first rows are those of the start."""
    import pytensor.tensor as pt

    lags = [np.eye(length, k=-i - 1) * (np.arange(length) >= order)[:, None] for i in range(order)]
    return pt.eye(length) - sum(rhos[..., i, None, None] * lag for i, lag in enumerate(lags))


def _length(model: pm.Model, rv: Any) -> int:
    from faultline.engine.backend import evaluate

    (shape,) = evaluate(model, [rv.shape])
    return int(shape[-1])
