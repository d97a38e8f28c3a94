"""The data that a term reads, and other data in their place: what holds of a term whatever its data are, holds of its formula.

Arrays that are equal stand for one, and are drawn together; a single whole number, or a few, may be equal by chance.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from typing import Any

import numpy as np

BY_CHANCE = 10
"""Whole numbers up to which two arrays of them may be equal by chance."""

SLIGHTLY = 0.01
"""Relative change of data that must stay nearly what they are, such as a covariance matrix."""

TRIES = 20

Drawn = dict[Any, np.ndarray]


def leaves(graph: Any) -> list[Any]:
    """Constants and shared variables of `graph` that hold numbers."""
    from pytensor.graph.traversal import graph_inputs

    return leaves_among(graph_inputs([graph]))


def leaves_among(variables: Iterable[Any]) -> list[Any]:
    from pytensor.compile.sharedvalue import SharedVariable
    from pytensor.graph.basic import Constant
    from pytensor.tensor.type import TensorType
    from pytensor.xtensor.type import XTensorType

    found = dict.fromkeys(v for v in variables if isinstance(v, Constant | SharedVariable))
    return [v for v in found if isinstance(v.type, TensorType | XTensorType)]


def data_in(leaf: Any) -> np.ndarray:
    """The numbers that a constant or a shared variable holds."""
    return np.asarray(leaf.data if hasattr(leaf, "data") else leaf.get_value())


def redraws(data: Drawn, observed: Collection[Any]) -> Iterator[Callable[[np.random.Generator], Drawn]]:
    """Ways to draw other numbers for the keys of `data`, the boldest first; each draws by key, all that are `observed` among them.

    All numbers anew; then without whole numbers that are not observed, which may be indices or sizes; then slightly. Single
    numbers that are not observed are part of a formula, and conditions (booleans) follow from what they were made of.
    """
    arrays = {
        key: values
        for key, values in data.items()
        if values.size and (key in observed or (values.size > 1 and values.dtype.kind in "fiu"))
    }
    real = {key: values for key, values in arrays.items() if key in observed or values.dtype.kind == "f"}
    yield lambda rng: _drawn(arrays, rng, slightly=False)
    yield lambda rng: _drawn(real, rng, slightly=False)
    yield lambda rng: _drawn(real, rng, slightly=True)


def _drawn(arrays: Drawn, rng: np.random.Generator, *, slightly: bool) -> Drawn:
    groups: list[tuple[np.ndarray, np.ndarray]] = []
    found = {}
    for key, data in arrays.items():
        known = next((new for old, new in groups if are_one(old, data)), None)
        if known is None:
            # What is equal by chance must not be so once more.
            alike = [new for old, new in groups if np.array_equal(old.ravel(), data.ravel())]
            for _ in range(TRIES):
                known = _other(data.ravel(), rng, slightly)
                if not any(np.array_equal(known, new) for new in alike):
                    break
            groups.append((data, known))
        found[key] = known.reshape(data.shape).astype(data.dtype)
    return found


def are_one(first: np.ndarray, second: np.ndarray) -> bool:
    """Whether two arrays are the same data: equal, and not by chance."""
    if first.size != second.size or not np.array_equal(first.ravel(), second.ravel()):
        return False
    whole = first.dtype.kind in "iub" or bool((first == np.trunc(first)).all())
    return not whole or (first.size >= BY_CHANCE and np.unique(first).size > 1)


def _other(data: np.ndarray, rng: np.random.Generator, slightly: bool) -> np.ndarray:
    """Other data (n,) of the same type, between the smallest and the largest of them."""
    if data.dtype.kind == "b":
        return rng.integers(0, 2, data.size)
    low, high = float(data.min()), float(data.max())
    if slightly:
        return data * (1 + SLIGHTLY * rng.uniform(-1, 1, data.size))
    if data.dtype.kind in "iu":
        # All of one number: that, the next one, or none.
        few = [0, int(low), int(low) + 1]
        return rng.integers(int(low), int(high) + 1, data.size) if high > low else rng.choice(few, data.size)
    if low == high:
        return data + max(1.0, abs(low)) * rng.uniform(0, 0.5, data.size)
    return rng.uniform(low, high, data.size)
