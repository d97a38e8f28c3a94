"""An array in a few figures, and the rows that two arrays share: what a data contract is about."""

from __future__ import annotations

from typing import Any

import numpy as np

ROWS_BYTES = 2**26
"""Of a larger array the rows are not compared with each other: sorting them takes more than a second."""
COLUMNS = 10
"""Constant columns that are named."""


def summary(values: np.ndarray, rows: bool) -> dict[str, Any]:
    """Shape, type, range and what is odd about an array. ``rows``: whether its rows are compared with each other, too."""
    found: dict[str, Any] = {
        "shape": list(values.shape),
        "dtype": str(values.dtype),
        "size": int(values.size),
    }
    if rows and (each := _rows(values)) is not None:
        found["n_repeated"] = int(each.size - np.unique(each).size)
    if values.dtype.kind not in "biufc" or not values.size:
        return found
    finite = np.isfinite(values)
    found["n_nonfinite"] = int(values.size - finite.sum())
    if found["n_nonfinite"]:
        found["n_nan"] = int(np.isnan(values).sum())
        found["first_nonfinite"] = [int(place) for place in np.argwhere(~finite)[0]]
    if finite.any() and values.dtype.kind != "c":
        inside = values[finite]
        found |= {
            "min": float(inside.min()),
            "max": float(inside.max()),
            "mean": float(inside.mean(dtype=float)),
        }
        found["constant"] = bool(inside.size > 1 and inside.min() == inside.max())
    if values.ndim == 2 and len(values) > 1 and not found.get("constant"):
        same = np.flatnonzero((values == values[0]).all(axis=0))
        found |= {"n_constant_columns": int(same.size), "constant_columns": same[:COLUMNS].tolist()}
    return found


def shared_rows(train: np.ndarray, test: np.ndarray) -> dict[str, int] | None:
    """How many rows of ``test`` stand in ``train`` as well; None where the two have no rows that could be equal, or too many."""
    if train.dtype != test.dtype or train.shape[1:] != test.shape[1:] or train.ndim < 2:
        return None
    first, second = _rows(train), _rows(test)
    if first is None or second is None:
        return None
    return {"shared": int(np.isin(second, first).sum()), "rows": len(test)}


def _rows(values: np.ndarray) -> np.ndarray | None:
    """Each row as one item that can be sorted, by its bytes; None where there are none, or too many."""
    if not values.ndim or not values.size or values.nbytes > ROWS_BYTES:
        return None
    flat = np.ascontiguousarray(values.reshape(len(values), -1))
    if flat.dtype.kind == "f":
        flat = flat + 0.0  # -0.0 and 0.0 are the same number
    return flat.view(np.dtype((np.void, flat.shape[1] * flat.dtype.itemsize))).ravel()
