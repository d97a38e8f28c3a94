"""Gradient graphs of a scalar, with what cannot be differentiated named instead of raised."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from faultline.engine.layout import Layout

UNDEFINED = "undefined"
"""Stands for a gradient that an Op on the way does not implement, or declares undefined."""


def gradient_of(cost: Any, values: Sequence[Any]) -> list[Any]:
    """Gradient graphs of a scalar by each of `values`: None where disconnected, `UNDEFINED` where an Op has none."""
    import pytensor
    from pytensor.gradient import NullType

    settings = {"disconnected_inputs": "ignore", "return_disconnected": "none", "null_gradients": "return"}
    if not values:
        return []
    try:
        gradients = pytensor.grad(cost, list(values), **settings)
    except NotImplementedError:
        if len(values) == 1:
            return [UNDEFINED]
        return [gradient_of(cost, [value])[0] for value in values]
    return [UNDEFINED if g is not None and isinstance(g.type, NullType) else g for g in gradients]


def joined_gradient(layout: Layout, gradients: Sequence[Any]) -> Any:
    """One vector graph of the gradients by each variable: 0 where disconnected, NaN where `UNDEFINED`."""
    import pytensor.tensor as pt

    parts: list[Any] = []
    unread = 0  # values in a row: of a model of many variables, a term reads a few
    for block, gradient in zip(layout.blocks, gradients, strict=True):
        if gradient is None:
            unread += block.size
            continue
        if unread:
            parts.append(pt.zeros(unread))
            unread = 0
        if gradient is UNDEFINED:
            parts.append(pt.full(block.size, np.nan))
        else:
            parts.append(pt.as_tensor(gradient, allow_xtensor_conversion=True).ravel())
    if unread:
        parts.append(pt.zeros(unread))
    return pt.concatenate(parts) if parts else pt.zeros(0)
